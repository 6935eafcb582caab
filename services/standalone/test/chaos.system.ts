import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { requires, Stack } from '#testkit';
import { runChaos } from '../../../scripts/chaos/run.js';

const lines: string[] = [];

requires({ kafka: true, redis: true })('the stack, with its parts killed, frozen and cut off', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start({ proxied: true });
  }, 240_000);
  afterAll(async () => {
    await (stack as Stack | undefined)?.stop();
  });

  it('loses nothing that was acknowledged, counts nothing twice, and keeps every order', async () => {
    const { url, adminToken, enrolmentSecret, brokers, databaseUrl, kafkaPrefix } = stack;
    const target = { url, adminToken, enrolmentSecret, brokers, databaseUrl, topicPrefix: kafkaPrefix };
    const result = await runChaos(
      { target, parts: () => stack.parts(), ready: () => stack.ready() },
      {
        cycles: 6,
        // Cuts off Postgres and Redis; kills telemetry, with one left to stay dead, and Kafka; freezes telemetry.
        seed: 4_327,
        devices: 6,
        batch: 40,
        rate: 300,
        flipEveryMs: 500,
        freezeMs: 7_000,
        plannedStops: 1,
        patienceMs: 90_000,
        say: (line) => lines.push(line),
      },
    );
    expect({ ...result, lines }).toMatchObject({
      kills: 3,
      freezes: 1,
      cuts: 2,
      lost: 0,
      duplicated: 0,
      wrongSums: 0,
      misordered: 0,
      listMismatches: 0,
      tagMismatches: 0,
      alertsWithoutIncident: 0,
      miscountedAttempts: 0,
      unshipped: 0,
      parked: 0,
      complaints: 0,
      crashes: 0,
    });
    expect(result.acked).toBeGreaterThan(1_000);
    expect(result.alerts).toBeGreaterThan(0);
    expect(result.decisions).toBeGreaterThan(0);
  }, 400_000);
});
