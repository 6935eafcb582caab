import { eventually } from '#testkit';
import { eventLogConformance } from './conformance/conformance.js';
import { makePostgresWorld } from './postgres-world-maker.js';

eventLogConformance('Postgres', { makeWorld: () => makePostgresWorld(), eventually });
