import { create, toBinary } from '@bufbuild/protobuf';
import { Admin, Consumer, Producer, type MessageToProduce } from '@platformatic/kafka';
import { randomUUID } from 'node:crypto';
import type { Client } from './eventlog-client.js';
import { FRAME_BYTES, Measured, TYPE } from './eventlog-event.js';
import { PARTITIONS, TENANT, WORKLOADS, sources, texts, type ClientSetup } from './eventlog-order.js';

type Message = MessageToProduce<Buffer, Buffer, Buffer, Buffer>;

const NAMES = {
  specversion: Buffer.from('ce_specversion'),
  id: Buffer.from('ce_id'),
  type: Buffer.from('ce_type'),
  source: Buffer.from('ce_source'),
  time: Buffer.from('ce_time'),
  tenant: Buffer.from('ce_tenantid'),
  correlation: Buffer.from('ce_correlationid'),
  content: Buffer.from('content-type'),
};
const CONSTANT: readonly (readonly [Buffer, Buffer])[] = [
  [NAMES.specversion, Buffer.from('1.0')],
  [NAMES.type, Buffer.from(TYPE)],
  [NAMES.source, Buffer.from('/gnomon/bench')],
  [NAMES.tenant, Buffer.from(TENANT)],
  [NAMES.content, Buffer.from('application/protobuf')],
];
/** As our own reader asks for them. */
const FETCH = { maxWaitTime: 500, minBytes: 1, maxBytes: 4 << 20 };
const PARTITION_BYTES = 1 << 19;

/**
 * @platformatic/kafka used directly, with keys that are bytes already and partitions that are chosen. Given bytes, it writes
 * them as they are; given events, it does by hand what the event log does: protobuf, an id, CloudEvents headers. So what
 * is then on the broker is the same.
 */
class BareClient implements Client {
  private sequence = 0;
  private readonly values: readonly Buffer[];
  private readonly keys = sources.map((source) => Buffer.from(`${TENANT}/${source}`));

  constructor(
    private readonly topic: string,
    bytes: number,
    private readonly given: 'bytes' | 'events',
    private readonly producer: Producer,
    private readonly consumer: Consumer,
  ) {
    this.values = texts(given === 'events' ? bytes - FRAME_BYTES : bytes).map((text) => Buffer.from(text));
  }

  async publish(burst: number): Promise<void> {
    const messages: Message[] = [];
    const time = Buffer.from(new Date().toISOString());
    for (let index = 0; index < burst; index++) {
      const sequence = this.sequence++;
      messages.push({
        topic: this.topic,
        partition: sequence % PARTITIONS,
        key: this.keys[sequence % this.keys.length]!,
        ...this.contentOf(sequence, time),
      });
    }
    await this.producer.send({ messages });
  }

  private contentOf(sequence: number, time: Buffer): Pick<Message, 'value' | 'headers'> {
    const content = this.values[sequence % this.values.length]!;
    if (this.given === 'bytes') return { value: content };
    const source = sources[sequence % sources.length]!;
    const event = create(Measured, { source, number: BigInt(sequence), content });
    return { value: Buffer.from(toBinary(Measured, event).buffer), headers: headersOf(time) };
  }

  async read(records: number): Promise<void> {
    const metadata = await this.consumer.metadata({ topics: [this.topic] });
    const { id, partitions } = metadata.topics.get(this.topic)!;
    const node = partitions[0]!.leader;
    const offsets = Array.from({ length: PARTITIONS }, () => 0n);
    for (let seen = 0, bytes = 0; seen < records;) {
      const wanted = offsets.map((fetchOffset, partition) => ({
        partition,
        fetchOffset,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: PARTITION_BYTES,
      }));
      const answer = await this.consumer.fetch({ ...FETCH, node, topics: [{ topicId: id, partitions: wanted }] });
      for (const { partitionIndex, records: batches } of answer.responses[0]?.partitions ?? []) {
        for (const batch of batches ?? []) {
          for (const record of batch.records) {
            const offset = batch.firstOffset + BigInt(record.offsetDelta);
            if (offset < offsets[partitionIndex]!) continue;
            offsets[partitionIndex] = offset + 1n;
            bytes += record.value!.length;
            seen += 1;
          }
        }
      }
      if (seen > 0 && bytes === 0) throw new Error('Nothing was in what was read.');
    }
  }
}

function headersOf(time: Buffer): Map<Buffer, Buffer> {
  const headers = new Map(CONSTANT);
  headers.set(NAMES.id, Buffer.from(randomUUID()));
  headers.set(NAMES.time, time);
  headers.set(NAMES.correlation, Buffer.from(randomUUID()));
  return headers;
}

export async function openBare({ client, workload, compression, brokers, topic }: ClientSetup): Promise<Client> {
  const common = { clientId: 'bench', bootstrapBrokers: brokers.split(','), retries: 0 };
  const admin = new Admin(common);
  await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
  await admin.close();
  const producer = new Producer({ ...common, retries: 3, idempotent: true, acks: -1, compression });
  const consumer = new Consumer({ ...common, groupId: topic });
  consumer.topics.trackAll(topic);
  return new BareClient(
    topic,
    WORKLOADS[workload].bytes,
    client === 'bareEvents' ? 'events' : 'bytes',
    producer,
    consumer,
  );
}
