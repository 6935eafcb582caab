import { constants, zstdCompressSync } from 'node:zlib';
import { compressionsAlgorithms, crc32c, Writer, type CompressionAlgorithmValue } from '@platformatic/kafka';
import { recordKey } from '../partitioning.js';
import type { BatchArena } from './batch-arena.js';
import { EventHeaders, put, putText, sizeOfText } from './event-headers.js';
import type { OutgoingRecord } from './outgoing-record.js';
import { sizeOfVarint, writeVarint } from './varint.js';

/** Who writes a batch. The broker drops a batch of the same producer and sequence that it has already. */
export interface BatchWriter {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Of the batch's first record, among all that the producer has written to the partition. */
  readonly firstSequence: number;
  readonly compression: CompressionAlgorithmValue;
}

/** What comes before the records, in Kafka's format of a record batch, version 2. */
export const BATCH_HEAD_BYTES = 61;
/** The checksum begins behind itself. */
const CHECKED_FROM = 21;
export const BATCH_VERSION = 2;
/** Its place among its neighbours is not known before it is written. */
const NO_EPOCH = -1;

/** Level 1: telemetry becomes as small as with level 3, the default, in half the time. */
const ZSTD = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const headers = new EventHeaders();

/**
 * Records of one partition as the broker keeps them. The client could do so, too; but it makes an object of every byte
 * that it writes, which for small records costs more than all the rest.
 */
export function encodeRecordBatch(
  records: readonly OutgoingRecord[],
  writer: BatchWriter,
  arena: Pick<BatchArena, 'take'>,
): Buffer {
  const first = records[0]!.time.getTime();
  const sizes = records.map((record, index) => bodySize(record, index, first));
  let size = BATCH_HEAD_BYTES;
  for (const body of sizes) size += sizeOfVarint(body) + body;
  const batch = arena.take(size);
  let at = BATCH_HEAD_BYTES;
  for (let index = 0; index < records.length; index++) {
    at = writeVarint(batch, at, sizes[index]!);
    at = writeBody(batch, at, records[index]!, index, first);
  }
  const { compression } = writer;
  if (compression === 'none') return finish(batch, records, writer, 0);
  const algorithm = compressionsAlgorithms[compression];
  const packed = pack(batch.subarray(BATCH_HEAD_BYTES), compression);
  const whole = arena.take(BATCH_HEAD_BYTES + packed.length);
  whole.set(packed, BATCH_HEAD_BYTES);
  return finish(whole, records, writer, algorithm.bitmask);
}

function pack(records: Buffer, compression: Exclude<CompressionAlgorithmValue, 'none'>): Buffer {
  if (compression === 'zstd') return zstdCompressSync(records, ZSTD);
  return compressionsAlgorithms[compression].compressSync(records);
}

function bodySize(record: OutgoingRecord, index: number, first: number): number {
  const { payload } = record;
  return (
    1 +
    sizeOfVarint(record.time.getTime() - first) +
    sizeOfVarint(index) +
    sizeOfText(recordKey(record.tenantId, record.key)) +
    sizeOfVarint(payload.length) +
    payload.length +
    1 +
    headers.sizeOf(record)
  );
}

function writeBody(batch: Buffer, start: number, record: OutgoingRecord, index: number, first: number): number {
  const { payload } = record;
  batch[start] = 0;
  let at = writeVarint(batch, start + 1, record.time.getTime() - first);
  at = writeVarint(batch, at, index);
  at = putText(batch, at, recordKey(record.tenantId, record.key));
  at = put(batch, writeVarint(batch, at, payload.length), payload);
  at = writeVarint(batch, at, headers.countOf(record));
  return headers.write(batch, at, record);
}

function finish(batch: Buffer, records: readonly OutgoingRecord[], writer: BatchWriter, attributes: number): Buffer {
  let last = 0;
  for (const { time } of records) if (time.getTime() > last) last = time.getTime();
  batch.writeBigInt64BE(0n, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt32BE(NO_EPOCH, 12);
  batch.writeInt8(BATCH_VERSION, 16);
  batch.writeInt16BE(attributes, 21);
  batch.writeInt32BE(records.length - 1, 23);
  batch.writeBigInt64BE(BigInt(records[0]!.time.getTime()), 27);
  batch.writeBigInt64BE(BigInt(last), 35);
  batch.writeBigInt64BE(writer.producerId, 43);
  batch.writeInt16BE(writer.producerEpoch, 51);
  batch.writeInt32BE(writer.firstSequence, 53);
  batch.writeInt32BE(records.length, 57);
  // Not the bytes themselves: those it would copy.
  const checked = Writer.create().append(batch.subarray(CHECKED_FROM)).dynamicBuffer;
  batch.writeUInt32BE(crc32c(checked), 17);
  return batch;
}
