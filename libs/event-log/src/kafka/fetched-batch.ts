import { compressionsAlgorithmsByBitmask, UnsupportedCompressionError, type Reader } from '@platformatic/kafka';
import type { EventRecord } from '../event-log.js';
import { KafkaRecord } from './kafka-record.js';
import { BATCH_HEAD_BYTES, BATCH_VERSION } from './record-batch.js';
import { VarintReader } from './varint.js';

/** What comes before what a batch says of its own length. */
const LENGTH_BYTES = 12;
const COMPRESSION = 0x07;
/** Written by the broker about transactions of others. */
const CONTROL = 0x20;

/** A record batch as a broker answers it. Nothing but its head is looked at before its records are asked for. */
export class FetchedBatch {
  readonly firstOffset: bigint;
  readonly lastOffset: bigint;
  readonly attributes: number;
  readonly producerId: bigint;

  private constructor(private readonly bytes: Buffer) {
    this.firstOffset = bytes.readBigInt64BE(0);
    this.attributes = bytes.readInt16BE(21);
    this.lastOffset = this.firstOffset + BigInt(bytes.readInt32BE(23));
    this.producerId = bytes.readBigInt64BE(43);
  }

  /** The whole batches in some bytes of an answer; the last one may be cut off. */
  static allOf({ buffer }: Pick<Reader, 'buffer'>, start: number, length: number): FetchedBatch[] {
    const batches: FetchedBatch[] = [];
    const limit = start + length;
    for (let at = start; at + BATCH_HEAD_BYTES <= limit;) {
      const end = at + LENGTH_BYTES + buffer.readInt32BE(at + 8);
      if (end > limit) break;
      const version = buffer.readInt8(at + 16);
      if (version !== BATCH_VERSION) throw new RangeError(`A record batch is of version ${version}.`);
      // Seldom a copy: only where it came in several pieces.
      batches.push(new FetchedBatch(buffer.slice(at, end)));
      at = end;
    }
    return batches;
  }

  /** As the client looks at control records to find out which transactions were aborted. */
  get records(): { readonly key: Buffer | undefined }[] {
    const [first] = this.read('', 0, 0n);
    return [{ key: first?.rawKey }];
  }

  /** What others wrote about their transactions is no event. */
  eventsFrom(topic: string, partition: number, offset: bigint): readonly EventRecord[] {
    return this.attributes & CONTROL ? [] : this.read(topic, partition, offset);
  }

  private read(topic: string, partition: number, from: bigint): KafkaRecord[] {
    const firstTimestamp = Number(this.bytes.readBigInt64BE(27));
    const count = this.bytes.readInt32BE(57);
    const reader = new VarintReader(this.unpacked());
    const records: KafkaRecord[] = [];
    for (let index = 0; index < count; index++) {
      const length = reader.next();
      const end = reader.at + length;
      if (end > reader.bytes.length) throw new RangeError('A record is cut off.');
      // Behind its attributes, which mean nothing.
      reader.at += 1;
      const timestamp = firstTimestamp + reader.next();
      const offset = this.firstOffset + BigInt(reader.next());
      // A broker answers whole batches, from before the offset on.
      if (offset >= from) records.push(new KafkaRecord(topic, partition, offset, timestamp, reader.bytes, reader.at));
      reader.at = end;
    }
    return records;
  }

  private unpacked(): Buffer {
    const packed = this.bytes.subarray(BATCH_HEAD_BYTES);
    const compression = this.attributes & COMPRESSION;
    if (compression === 0) return packed;
    const algorithm = compressionsAlgorithmsByBitmask[compression];
    if (!algorithm) throw new UnsupportedCompressionError(`No batch can be compressed in way ${compression}.`);
    return algorithm.decompressSync(packed);
  }
}
