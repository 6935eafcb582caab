import kafkajs from 'kafkajs';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Client } from './eventlog-client.js';
import { PARTITIONS, TENANT, WORKLOADS, sources, texts, type ClientSetup } from './eventlog-order.js';

const { CompressionCodecs, CompressionTypes, Kafka, Partitioners, logLevel } = kafkajs;
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => zstdCompressSync(buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer),
});
const TYPES = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

export async function openKafkajs({ workload, compression, brokers, topic }: ClientSetup): Promise<Client> {
  const kafka = new Kafka({ clientId: 'bench', brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }] });
  await admin.disconnect();
  const producer = kafka.producer({ idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const values = texts(WORKLOADS[workload].bytes).map((text) => Buffer.from(text));
  const keys = sources.map((source) => Buffer.from(`${TENANT}/${source}`));
  let sequence = 0;
  let readings = 0;
  return {
    async publish(burst) {
      const messages = Array.from({ length: burst }, () => {
        const index = sequence++;
        return {
          partition: index % PARTITIONS,
          key: keys[index % keys.length]!,
          value: values[index % values.length]!,
        };
      });
      await producer.send({ topic, messages, acks: -1, compression: TYPES[compression] });
    },
    async read(records) {
      const consumer = kafka.consumer({ groupId: `${topic}-${readings++}`, maxBytes: 4 << 20 });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      let seen = 0;
      let bytes = 0;
      await new Promise<void>((resolve, reject) => {
        const eachBatch: kafkajs.EachBatchHandler = async ({ batch }) => {
          for (const { value } of batch.messages) bytes += value!.length;
          seen += batch.messages.length;
          if (seen >= records) resolve();
        };
        consumer.run({ autoCommit: false, eachBatch }).catch(reject);
      });
      if (bytes === 0) throw new Error('Nothing was in what was read.');
      await consumer.disconnect();
    },
  };
}
