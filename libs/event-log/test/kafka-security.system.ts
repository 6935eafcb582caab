import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { eventually, requires, startKafka, type SecuredListeners, type TestKafka } from '#testkit';
import { inspect } from 'node:util';
import { accountOf, effectHandler } from './conformance/effects.js';
import { readAll, upTo } from './conformance/reading.js';
import { CountedAppended, SingleAppended, counted } from './conformance/test-events.js';
import { makeKafkaWorld, type KafkaWorld } from './kafka-world-maker.js';
import { LogLines } from './log-lines.js';

const GROUP = 'secured';
const REFUSED = /refuse the log-in.*GNOMON_KAFKA_PASSWORD/;
const WRONG = 'not-the-password-93b1';

requires({ kafka: 'own' })('brokers that know who they talk to', () => {
  let kafka: TestKafka;
  let secured: SecuredListeners;
  let world: KafkaWorld | undefined;
  let log: LogLines;
  beforeAll(async () => {
    kafka = await startKafka({ secured: true });
    secured = kafka.secured!;
  });
  beforeEach(() => void (log = new LogLines()));
  afterEach(async () => {
    await world?.close();
    world = undefined;
    log.end();
  });
  afterAll(() => kafka.stop());

  const login = (mechanism: string): Record<string, string> => ({
    GNOMON_KAFKA_MECHANISM: mechanism,
    GNOMON_KAFKA_USERNAME: secured.username,
    GNOMON_KAFKA_PASSWORD: secured.password,
  });
  const tls = (): Record<string, string> => ({ GNOMON_KAFKA_TLS: 'true', GNOMON_KAFKA_CA_FILE: secured.caFile });

  it.each([
    ['PLAIN', 'sasl', () => login('PLAIN')],
    ['SCRAM-SHA-256', 'sasl', () => login('SCRAM-SHA-256')],
    ['SCRAM-SHA-512', 'sasl', () => login('SCRAM-SHA-512')],
    ['TLS with a CA file', 'tls', () => tls()],
    ['SCRAM-SHA-512 over TLS', 'both', () => ({ ...login('SCRAM-SHA-512'), ...tls() })],
  ] as const)('take in, hand out and have effects by %s', async (_name, listener, environment) => {
    world = await makeKafkaWorld({ brokers: secured[listener], environment: environment() });
    const producer = await world.open({ service: 'producer' });
    const consumer = await world.open({ service: 'consumer' });
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    await producer.database.transaction(async (tx) => {
      for (const number of upTo(20)) tx.append(CountedAppended, counted('a', number), { tenantId: 't1' });
    });
    await producer.log.publish(SingleAppended, counted('a', 1), { tenantId: 't1' });
    await eventually(async () => expect((await accountOf(consumer.database, 0)).distinct).toBe(20));
    expect(await readAll(consumer, ['single'])).toHaveLength(1);
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true));
  });

  it.each(['PLAIN', 'SCRAM-SHA-512'])('are told of by name when they refuse a password of %s', async (mechanism) => {
    world = await makeKafkaWorld({
      brokers: secured.sasl,
      environment: { ...login(mechanism), GNOMON_KAFKA_PASSWORD: WRONG },
    });
    const consumer = await world.open({ service: 'consumer', settings: { pollMs: 100 } });
    const producer = await world.open({ service: 'producer' });
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    const publishing = producer.log.publish(SingleAppended, counted('a', 1), { tenantId: 't1' });
    await eventually(async () => {
      const { ready, checks } = await consumer.health.readiness();
      expect(ready).toBe(false);
      expect(checks['event-log:consumer']?.reason).toContain(secured.sasl);
      expect(checks['event-log:consumer']?.reason).toMatch(REFUSED);
      expect(checks[`event-log:consumer:${GROUP}`]?.reason).toMatch(REFUSED);
    });
    await expect(publishing).rejects.toMatchObject({ code: 'event-log.unavailable' });
    expect(log.matching(/^warn .*refuse the log-in/).length).toBeGreaterThanOrEqual(2);
    expect(inspect([log.lines, (await consumer.health.readiness()).checks], { depth: 12 })).not.toContain(WRONG);
    // Once for each thing that waits, not once for each attempt.
    expect(log.lines.length).toBeLessThan(12);
  });

  it('are told of when they cannot be trusted, or speak something else', async () => {
    const cases = [
      {
        brokers: secured.tls,
        environment: { GNOMON_KAFKA_TLS: 'true' },
        reason: /self-signed certificate|certificate/i,
      },
      { brokers: secured.tls, environment: {}, reason: /requires TLS|TLS/ },
      { brokers: secured.sasl, environment: tls(), reason: /TLS/ },
      { brokers: secured.sasl, environment: {}, reason: /./ },
    ];
    for (const { reason, ...access } of cases) {
      world = await makeKafkaWorld(access);
      const producer = await world.open({ service: 'producer' });
      await eventually(
        async () => {
          const { ready, checks } = await producer.health.readiness();
          expect(ready).toBe(false);
          expect(checks['event-log:producer']?.reason).toContain(access.brokers);
          expect(checks['event-log:producer']?.reason).toMatch(reason);
        },
        { timeoutMs: 15_000 },
      );
      await world.close();
      world = undefined;
    }
  });
});
