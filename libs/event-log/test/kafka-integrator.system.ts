import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { fromBinary } from '@bufbuild/protobuf';
import { Injectable, Module } from '@nestjs/common';
import { IncidentChangeKind, IncidentChangedSchema, Severity, type IncidentChanged } from '#contracts';
import { Database, DatabaseModule } from '#database';
import { EventLogModule, On, consumer, partitionOf, type EventContext } from '#event-log';
import { Health, provideSetting } from '#kernel';
import { eventually, requires, testApp, type TestApp } from '#testkit';
import kafkajs from 'kafkajs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { stopTheKafka, theKafka } from './kafka-world-maker.js';

// The topic is read by a client that shares no code with ours, as an integrator would.
const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});

const COUNT = 30;
const handled: string[] = [];

@Injectable()
class Correlator {
  constructor(
    readonly database: Database,
    readonly health: Health,
  ) {}
}

@Injectable()
class IncidentReader {
  @On(IncidentChangedSchema)
  async onIncident(event: IncidentChanged, { tx }: EventContext): Promise<void> {
    tx.afterCommit(() => handled.push(event.incidentId));
  }
}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'correlator', migrations: [] }),
    EventLogModule.forService({ service: 'correlator' }),
  ],
  providers: [Correlator, ...consumer(IncidentReader, { group: 'reader' })],
})
class CorrelatorModule {}

interface Seen {
  readonly partition: number;
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly event: IncidentChanged;
}

requires({ kafka: true })('topic "incident", as an integrator reads it with kafkajs', () => {
  let app: TestApp;
  let correlator: Correlator;
  let brokers: string[];

  beforeAll(async () => {
    const kafka = await theKafka();
    brokers = kafka.brokers.split(',');
    provideSetting('EVENT_LOG', 'kafka');
    provideSetting('KAFKA_BROKERS', kafka.brokers);
    app = await testApp({ imports: [CorrelatorModule] });
    correlator = app.get(Correlator);
  });
  afterAll(async () => {
    await app.close();
    await stopTheKafka();
  });

  it('holds every incident once, as CloudEvents with the protobuf event as its value', async () => {
    await eventually(async () => expect(await correlator.health.readiness()).toMatchObject({ ready: true }), {
      timeoutMs: 20_000,
    });
    for (let number = 1; number <= COUNT; number++) {
      await correlator.database.transaction(async (tx) =>
        tx.append(
          IncidentChangedSchema,
          {
            incidentId: `incident-${number % 7}`,
            incident: { severity: Severity.HIGH, title: `Täglich ${number}` },
            changes: [IncidentChangeKind.CREATED],
          },
          { tenantId: 't1' },
        ),
      );
    }
    const seen = await readWithKafkaJs(brokers, COUNT);
    expect(seen).toHaveLength(COUNT);
    const titles = new Map<string, number[]>();
    for (const { partition, key, headers, event } of seen) {
      expect(key).toBe(`t1/${event.incidentId}`);
      expect(partition).toBe(partitionOf('t1', event.incidentId, 4));
      expect(headers).toMatchObject({
        ce_specversion: '1.0',
        ce_type: 'incident.changed.v1',
        ce_source: '/gnomon/correlator',
        ce_tenantid: 't1',
        'content-type': 'application/protobuf',
      });
      expect(headers['ce_id']).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      expect(Math.abs(Date.now() - Date.parse(headers['ce_time']!))).toBeLessThan(60_000);
      expect(headers).toHaveProperty('ce_correlationid');
      expect(Number(headers['ce_outboxoffset'])).toBeGreaterThanOrEqual(0);
      expect(event.incident?.severity).toBe(Severity.HIGH);
      const number = Number(/\d+$/.exec(event.incident!.title)![0]);
      titles.set(event.incidentId, [...(titles.get(event.incidentId) ?? []), number]);
    }
    expect(new Set(seen.map(({ headers }) => headers['ce_id'])).size).toBe(COUNT);
    for (const numbers of titles.values()) expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    await eventually(() => expect(handled).toHaveLength(COUNT));
  });
});

async function readWithKafkaJs(brokers: string[], count: number): Promise<Seen[]> {
  const kafka = new Kafka({ brokers, clientId: 'integrator', logLevel: logLevel.NOTHING });
  const reader = kafka.consumer({ groupId: 'integrator' });
  const seen: Seen[] = [];
  await reader.connect();
  await reader.subscribe({ topic: 'incident', fromBeginning: true });
  await reader.run({
    eachMessage: async ({ partition, message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)] as const);
      seen.push({
        partition,
        key: String(message.key),
        headers: Object.fromEntries(headers),
        event: fromBinary(IncidentChangedSchema, message.value!),
      });
    },
  });
  await eventually(() => expect(seen.length).toBeGreaterThanOrEqual(count), { timeoutMs: 30_000 });
  await reader.disconnect();
  return seen;
}
