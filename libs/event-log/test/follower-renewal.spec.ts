import { describe, expect, it } from '@jest/globals';
import { Reader } from '@platformatic/kafka';
import { eventually } from '#testkit';
import { setTimeout as delay } from 'node:timers/promises';
import { EventLogSettings } from '../src/event-log.config.js';
import { BatchArena } from '../src/kafka/batch-arena.js';
import { FetchedBatch } from '../src/kafka/fetched-batch.js';
import type { KafkaCluster } from '../src/kafka/kafka-cluster.js';
import { KafkaFollower } from '../src/kafka/kafka-follower.js';
import { encodeRecordBatch } from '../src/kafka/record-batch.js';
import type { Topic } from '../src/topic-catalog.js';

const counted: Topic = {
  name: 'counted',
  owner: 'producer',
  partitions: 1,
  retentionMs: undefined,
  retentionBytes: undefined,
  compacted: false,
};

/** A topic of one partition that can be made anew. Where it begins is answered slowly, what it holds at once. */
class FakeBroker {
  id = 'first';
  records: readonly string[] = [];
  failures = 0;
  readonly topics = { trackAll: () => undefined };
  readonly clearMetadata = (): void => undefined;
  readonly close = async (): Promise<void> => undefined;

  async metadata() {
    const { id } = this;
    return { topics: new Map([[counted.name, { id, partitions: [{ leader: 0 }] }]]) };
  }

  async listOffsets({ timestamp }: { timestamp: bigint }) {
    const next = timestamp === -2n ? 0n : BigInt(this.records.length);
    await delay(60);
    if (this.failures-- > 0) throw new Error('The broker is away.');
    return new Map([[counted.name, [next]]]);
  }

  async fetch({ topics }: { topics: { topicId: string; partitions: { fetchOffset: bigint }[] }[] }) {
    await delay(2);
    const [asked] = topics;
    if (asked?.topicId !== this.id) throw new Error('Unknown topic id.');
    const partition = {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: BigInt(this.records.length),
      records: asked.partitions[0]!.fetchOffset < this.records.length ? [this.batch()] : [],
    };
    return { errorCode: 0, responses: [{ topicId: this.id, partitions: [partition] }] };
  }

  private batch(): FetchedBatch {
    const records = this.records.map((payload) => ({
      topic: counted,
      partition: 0,
      tenantId: 't',
      key: 'k',
      type: 'counted.v1',
      id: 'i',
      time: new Date(),
      correlationId: '',
      payload: Buffer.from(payload),
    }));
    const writer = { producerId: 1n, producerEpoch: 0, firstSequence: 0, compression: 'none' as const };
    const bytes = Buffer.from(encodeRecordBatch(records, writer, new BatchArena()));
    return FetchedBatch.allOf(Reader.from(bytes), 0, bytes.length)[0]!;
  }
}

describe('a follower of a topic that is made anew', () => {
  it.each([0, 3])('gets all of the new one, once, where brokers fail %i times meanwhile', async (failures) => {
    const broker = new FakeBroker();
    broker.records = ['a1', 'a2', 'a3'];
    const cluster = {
      nameOf: (name: string) => name,
      reader: () => broker,
      settings: { waitMs: 10 },
    } as unknown as KafkaCluster;
    const seen: string[] = [];
    const follower = new KafkaFollower(
      [counted],
      {
        topics: [counted.name],
        from: 'earliest',
        onRecord: ({ payload }) => void seen.push(Buffer.from(payload).toString()),
      },
      { cluster, settings: EventLogSettings.load(), onClosed: () => undefined },
    );
    try {
      await eventually(async () => expect(seen).toEqual(['a1', 'a2', 'a3']));

      broker.failures = failures;
      broker.records = ['b1', 'b2', 'b3', 'b4', 'b5'];
      broker.id = 'second';
      await eventually(async () => expect(seen.slice(3)).toHaveLength(5));
      broker.records = [...broker.records, 'b6'];
      await eventually(async () => expect(seen.slice(3)).toEqual(['b1', 'b2', 'b3', 'b4', 'b5', 'b6']));
    } finally {
      await follower.close();
    }
  });
});
