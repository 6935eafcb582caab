import { afterAll } from '@jest/globals';
import { eventually, requires } from '#testkit';
import { eventLogConformance } from './conformance/conformance.js';
import { makeKafkaWorld, stopTheKafka } from './kafka-world-maker.js';

requires({ kafka: true })('Apache Kafka', () => {
  afterAll(stopTheKafka);
  eventLogConformance('Kafka', { makeWorld: makeKafkaWorld, eventually });
});
