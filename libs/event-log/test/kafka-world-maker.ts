import { Admin, Consumer, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka';
import { createTestDatabase, eventually, startKafka, testPostgresUrl, type TestKafka } from '#testkit';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { testCatalog } from './conformance/test-events.js';
import { SERVICES, type Member, type World } from './conformance/world.js';
import { migrateMember, openMember, type KafkaConnection } from './kafka-world.js';

export interface KafkaWorld extends World {
  readonly connection: KafkaConnection;
}

/** 1 MiB for what a batch needs beside its payloads, and two limits of 100,000. */
const SEGMENT_BYTES = (1 << 20) + 200_000;

let broker: Promise<TestKafka> | undefined;

/** The one broker of a test file. */
export function theKafka(): Promise<TestKafka> {
  broker ??= startKafka();
  return broker;
}

export async function stopTheKafka(): Promise<void> {
  await (await broker)?.stop();
  broker = undefined;
}

/**
 * A fresh log on Kafka: topics of its own on the shared broker, and a database of its own.
 *
 * @param access another way to the broker, or to another broker
 */
export async function makeKafkaWorld(access: Partial<KafkaConnection> = {}): Promise<KafkaWorld> {
  const connection: KafkaConnection = {
    brokers: access.brokers ?? (await theKafka()).brokers,
    environment: access.environment,
    sessionMs: access.sessionMs,
    postgres: testPostgresUrl(await createTestDatabase()),
    prefix: `t${randomBytes(6).toString('hex')}.`,
  };
  const members = new Set<Member>();
  const open: World['open'] = async (options) => {
    const member = await openMember({ ...options, connection });
    members.add(member);
    return member;
  };
  for (const service of SERVICES) await migrateMember(await open({ service }));
  return {
    connection,
    open,
    maintain: (_member, now) => letTheBrokerDoIt(connection, now),
    upkeep: { segmentBytes: SEGMENT_BYTES, sparesTheTail: true },
    child: { module: path.resolve('libs/event-log/test/kafka-world.ts'), connection },
    close: async () => void (await Promise.all([...members].map((member) => member.close()))),
  };
}

/**
 * The broker has a clock of its own: to make it see `now`, the limit is moved by the difference. Waits until all that is
 * due has gone: by age every record before the limit, by bytes every segment that is not needed; what a cleaner has to
 * do is only hurried, by letting it begin with the smallest amount of dirt, and by segments that end at once.
 */
async function letTheBrokerDoIt({ brokers, prefix }: KafkaConnection, now: Date): Promise<void> {
  const common = { clientId: 'test', bootstrapBrokers: brokers.split(',') };
  const admin = new Admin(common);
  const reader = new Consumer({ ...common, groupId: 'test' });
  const set = (topic: string, values: Record<string, string>): Promise<void> =>
    admin.incrementalAlterConfigs({
      resources: [
        {
          resourceType: ConfigResourceTypes.TOPIC,
          resourceName: prefix + topic,
          configs: Object.entries(values).map(([name, value]) => ({
            name,
            value,
            configOperation: IncrementalAlterConfigOperationTypes.SET,
          })),
        },
      ],
    });
  const offsets = async (topic: string, timestamp: bigint): Promise<bigint[]> =>
    (await reader.listOffsets({ topics: [prefix + topic], timestamp })).get(prefix + topic)!;
  try {
    const aged = testCatalog.topic('aged').retentionMs!;
    const cutoff = now.getTime() - aged;
    const firstToStay = await offsets('aged', BigInt(cutoff));
    const ends = await offsets('aged', -1n);
    await set('aged', { 'retention.ms': String(Math.max(1, aged - (now.getTime() - Date.now()))) });
    await eventually(
      async () => {
        const firsts = await offsets('aged', -2n);
        for (const [partition, first] of firsts.entries()) {
          const stay = firstToStay[partition]! < 0n ? ends[partition]! : firstToStay[partition]!;
          if (first < stay) throw new Error(`aged/${partition} still begins at ${first}, not ${stay}`);
        }
      },
      { timeoutMs: 20_000 },
    );
    await set('aged', { 'retention.ms': String(aged) });
    await set('newest', { 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0.001', 'min.compaction.lag.ms': '0' });
    // Of bytes and of compaction only the broker's own rhythm tells: it looks five times a second.
    await new Promise((resolve) => setTimeout(resolve, 2_500));
  } finally {
    await reader.close(true);
    await admin.close();
  }
}
