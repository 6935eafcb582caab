import { afterAll } from '@jest/globals';
import { eventually, requires } from '#testkit';
import { eventLogConformance } from './conformance/conformance.js';
import { makeKafkaWorld, stopTheKafka } from './kafka-world-maker.js';

// The brokers need a second to miss a member that was killed. 200 kills pass as well, in six minutes.
const randomKills = 50;

requires({ kafka: true })('Apache Kafka', () => {
  afterAll(stopTheKafka);
  eventLogConformance('Kafka', { makeWorld: makeKafkaWorld, eventually, randomKills });
});
