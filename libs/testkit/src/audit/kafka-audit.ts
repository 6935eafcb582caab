import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import kafkajs from 'kafkajs';

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});

/** A record as a client that shares no code with the product sees it. */
export interface AuditedRecord {
  readonly partition: number;
  readonly offset: bigint;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly value: Buffer;
}

const TIMEOUT_MS = 120_000;

/**
 * Reads a topic from its beginning to where it ends now, each partition in its order.
 *
 * @throws Error if it does not get there in two minutes
 */
export async function readTopic(
  brokers: string,
  topic: string,
  onRecord: (record: AuditedRecord) => void,
): Promise<void> {
  const kafka = new Kafka({ brokers: brokers.split(','), clientId: 'audit', logLevel: logLevel.NOTHING });
  const missing = await endsOf(kafka, topic);
  if (missing.size === 0) return;
  const consumer = kafka.consumer({ groupId: `audit-${topic}-${Date.now()}` });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`Topic "${topic}" could not be read to its end.`)), TIMEOUT_MS);
      void consumer.run({
        eachBatch: async (payload) => {
          const { batch } = payload;
          for (const { offset, key, headers, value } of batch.messages) {
            const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)] as const);
            onRecord({
              partition: batch.partition,
              offset: BigInt(offset),
              key: String(key),
              headers: Object.fromEntries(texts),
              value: value ?? Buffer.alloc(0),
            });
          }
          await payload.heartbeat();
          const end = missing.get(batch.partition);
          if (end !== undefined && BigInt(batch.lastOffset()) + 1n >= end) missing.delete(batch.partition);
          if (missing.size > 0) return;
          clearTimeout(late);
          resolve();
        },
      });
    });
  } finally {
    await consumer.disconnect();
  }
}

/** Where the partitions that hold something end. */
async function endsOf(kafka: InstanceType<typeof Kafka>, topic: string): Promise<Map<number, bigint>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await admin.fetchTopicOffsets(topic);
    const filled = offsets.filter(({ low, high }) => BigInt(high) > BigInt(low));
    return new Map(filled.map(({ partition, high }) => [partition, BigInt(high)]));
  } finally {
    await admin.disconnect();
  }
}
