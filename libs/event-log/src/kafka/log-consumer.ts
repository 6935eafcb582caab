import {
  Consumer,
  createAPI,
  fetchV12,
  fetchV13,
  fetchV14,
  fetchV15,
  fetchV16,
  fetchV17,
  kGetApi,
  ResponseError,
  UnsupportedApiError,
  type API,
  type Callback,
  type Reader,
} from '@platformatic/kafka';
import { FetchedBatch } from './fetched-batch.js';

const FETCH = 1;
/** With the first of them topics still go by their names, with the others by their ids. */
const VERSIONS = new Map(
  [fetchV12, fetchV13, fetchV14, fetchV15, fetchV16, fetchV17].map((each) => [each.api.version, each]),
);

export type FetchedPartition = Omit<fetchV17.FetchResponse['responses'][number]['partitions'][number], 'records'> & {
  readonly records: readonly FetchedBatch[];
};

/** What `fetch` of a `LogConsumer` answers, in which batches stand as they came. */
export interface Fetched {
  readonly errorCode: number;
  readonly responses: readonly { readonly topicId: string; readonly partitions: readonly FetchedPartition[] }[];
}

/** The client's consumer, with all that it does about leaders and sessions; only records are unpacked by ourselves. */
export class LogConsumer extends Consumer {
  override [kGetApi]<Arguments extends unknown[], Response>(
    name: string,
    callback: Callback<API<Arguments, Response>>,
  ): void {
    super[kGetApi]<Arguments, Response>(name, (error, api) => {
      if (error || !api || name !== 'Fetch') return callback(error, api);
      const version = VERSIONS.get(api.version);
      if (!version) return callback(new UnsupportedApiError('The brokers are older than Kafka 2.7.'));
      callback(null, createAPI(FETCH, api.version, version.createRequest, parseResponse) as typeof api);
    });
  }
}

function parseResponse(_correlationId: number, apiKey: number, apiVersion: number, reader: Reader): Fetched {
  const errors: Record<string, [number, string | null]> = {};
  const throttleTimeMs = reader.readInt32();
  const errorCode = reader.readInt16();
  if (errorCode !== 0) errors[''] = [errorCode, null];
  const sessionId = reader.readInt32();
  const responses = reader.readArray((_topic, topic) => ({
    topicId: apiVersion < fetchV13.api.version ? reader.readString() : reader.readUUID(),
    partitions: reader.readArray((_partition, index) => {
      const partition = readPartition(reader);
      if (partition.errorCode !== 0) errors[`/responses/${topic}/partitions/${index}`] = [partition.errorCode, null];
      return partition;
    }),
  }));
  reader.readTaggedFields();
  const response = { throttleTimeMs, errorCode, sessionId, responses };
  if (Object.keys(errors).length > 0) throw new ResponseError(apiKey, apiVersion, errors, response);
  return response;
}

function readPartition(reader: Reader): FetchedPartition {
  const partition = {
    partitionIndex: reader.readInt32(),
    errorCode: reader.readInt16(),
    highWatermark: reader.readInt64(),
    lastStableOffset: reader.readInt64(),
    logStartOffset: reader.readInt64(),
    abortedTransactions: reader.readNullableArray(() => ({
      producerId: reader.readInt64(),
      firstOffset: reader.readInt64(),
    })),
    preferredReadReplica: reader.readInt32(),
  };
  const length = Math.max(0, reader.readUnsignedVarInt() - 1);
  const start = reader.position;
  reader.skip(length);
  return { ...partition, records: FetchedBatch.allOf(reader, start, length) };
}
