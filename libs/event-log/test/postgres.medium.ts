import { eventually } from '#testkit';
import { eventLogConformance } from './conformance/conformance.js';
import { makePostgresWorld } from './postgres-world-maker.js';

// Each kill starts a process. 200 kills pass as well, in three to eight minutes.
const randomKills = 60;

eventLogConformance('Postgres', { makeWorld: () => makePostgresWorld(), eventually, randomKills });
