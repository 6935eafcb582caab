import { openBare } from './eventlog-bare.js';
import { serve } from './eventlog-client.js';
import { openKafkajs } from './eventlog-kafkajs.js';
import type { ClientSetup } from './eventlog-order.js';
import { openOurs } from './eventlog-ours.js';

// All clients are loaded, whichever of them works: collecting garbage takes longer beside more code, and what is compared
// should stand in processes alike.
const OPEN = { kafka: openOurs, postgres: openOurs, bare: openBare, bareEvents: openBare, kafkajs: openKafkajs };

const setup = JSON.parse(process.argv[2]!) as ClientSetup;
await serve(setup, OPEN[setup.client]);
