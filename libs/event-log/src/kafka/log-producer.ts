import {
  createAPI,
  kGetApi,
  produceV11,
  Producer,
  UnsupportedApiError,
  Writer,
  type API,
  type Callback,
  type CompressionAlgorithmValue,
  type MessageToProduce,
  type NumericMap,
} from '@platformatic/kafka';
import { BatchArena } from './batch-arena.js';
import type { OutgoingRecord } from './outgoing-record.js';
import { encodeRecordBatch } from './record-batch.js';

/** An event and where it goes. */
export interface LogMessage extends MessageToProduce<undefined, OutgoingRecord, undefined, undefined> {
  readonly partition: number;
  readonly value: OutgoingRecord;
}

export function messageFor(kafkaTopic: string, record: OutgoingRecord): LogMessage {
  return { topic: kafkaTopic, partition: record.partition, value: record };
}

const PRODUCE = 0;
/** From this version to 11 requests look alike, and answers can be read as those of 11. */
const OLDEST = 9;

/**
 * The client's producer, with all that it does about leaders, sequences and repetitions; only what it puts into a request
 * is encoded by ourselves.
 */
export class LogProducer extends Producer<undefined, OutgoingRecord, undefined, undefined> {
  override [kGetApi]<Arguments extends unknown[], Response>(
    name: string,
    callback: Callback<API<Arguments, Response>>,
  ): void {
    super[kGetApi]<Arguments, Response>(name, (error, api) => {
      if (error || !api || name !== 'Produce') callback(error, api);
      else if (api.version < OLDEST) callback(new UnsupportedApiError('The brokers are older than Kafka 2.4.'));
      else callback(null, createAPI(PRODUCE, api.version, createRequest, produceV11.parseResponse) as typeof api);
    });
  }
}

interface ProduceOptions {
  readonly compression?: CompressionAlgorithmValue;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The next of each `topic:partition`. */
  readonly sequences: NumericMap;
}

const arena = new BatchArena();

/** @param messages as the client hands them on: their values are what was given to it */
function createRequest(
  acks: number,
  timeoutMs: number,
  messages: readonly LogMessage[],
  options: ProduceOptions,
): Writer {
  arena.reuse();
  const topics = [...byTopicAndPartition(messages)];
  return Writer.create()
    .appendString(null)
    .appendInt16(acks)
    .appendInt32(timeoutMs)
    .appendArray(topics, (writer, [topic, partitions]) => {
      writer.appendString(topic).appendArray([...partitions], (_, [partition, records]) => {
        const { compression = 'none', producerId, producerEpoch, sequences } = options;
        const firstSequence = sequences.getWithDefault(`${topic}:${partition}`, 0);
        const batch = encodeRecordBatch(records, { compression, producerId, producerEpoch, firstSequence }, arena);
        writer.appendInt32(partition).appendBytes(batch);
      });
    })
    .appendTaggedFields();
}

function byTopicAndPartition(messages: readonly LogMessage[]): Map<string, Map<number, OutgoingRecord[]>> {
  const topics = new Map<string, Map<number, OutgoingRecord[]>>();
  for (const { topic, partition, value } of messages) {
    let partitions = topics.get(topic);
    if (!partitions) topics.set(topic, (partitions = new Map<number, OutgoingRecord[]>()));
    const records = partitions.get(partition);
    if (records) records.push(value);
    else partitions.set(partition, [value]);
  }
  return topics;
}
