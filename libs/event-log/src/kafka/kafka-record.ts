import type { EventRecord } from '../event-log.js';
import { VarintReader } from './varint.js';

const NO_ID = '00000000-0000-0000-0000-000000000000';
const NOTHING = Buffer.alloc(0);

const ID = Buffer.from('ce_id');
const TYPE = Buffer.from('ce_type');
const TIME = Buffer.from('ce_time');
const TENANT_ID = Buffer.from('ce_tenantid');
const CORRELATION_ID = Buffer.from('ce_correlationid');
const OUTBOX_OFFSET = Buffer.from('ce_outboxoffset');

/**
 * A record as it was read: the event is its value, what is known of it are CloudEvents headers. Each is looked for when it
 * is asked for, because most readers ask for few. What has no headers of ours is a record of type `''`: so it is parked
 * with its coordinates instead of being skipped.
 */
export class KafkaRecord implements EventRecord {
  private knownType: string | undefined;
  private knownPayload: Buffer | undefined;

  /** @param at where in `bytes` its key begins, which its value and its headers follow */
  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly offset: bigint,
    private readonly timestamp: number,
    private readonly bytes: Buffer,
    private readonly at: number,
  ) {}

  get type(): string {
    return (this.knownType ??= this.header(TYPE) ?? '');
  }

  get tenantId(): string {
    return this.header(TENANT_ID) ?? '';
  }

  get key(): string {
    const key = this.rawKey?.toString() ?? '';
    const tenant = `${this.tenantId}/`;
    return key.startsWith(tenant) ? key.slice(tenant.length) : key;
  }

  get id(): string {
    return this.header(ID) ?? NO_ID;
  }

  get time(): Date {
    return new Date(this.header(TIME) ?? this.timestamp);
  }

  get correlationId(): string {
    return this.header(CORRELATION_ID) ?? '';
  }

  get outboxOffset(): bigint | undefined {
    const offset = this.header(OUTBOX_OFFSET);
    return offset === undefined ? undefined : BigInt(offset);
  }

  get payload(): Uint8Array {
    if (!this.knownPayload) {
      const reader = new VarintReader(this.bytes, this.at);
      reader.skipBytes();
      this.knownPayload = partOf(this.bytes, reader) ?? NOTHING;
    }
    return this.knownPayload;
  }

  get rawKey(): Buffer | undefined {
    return partOf(this.bytes, new VarintReader(this.bytes, this.at));
  }

  private header(name: Buffer): string | undefined {
    const { bytes } = this;
    const reader = new VarintReader(bytes, this.at);
    reader.skipBytes();
    reader.skipBytes();
    for (let left = reader.next(); left > 0; left--) {
      const length = reader.next();
      const at = reader.at;
      if (length > 0) reader.at += length;
      if (length === name.length && isAt(bytes, at, name)) {
        const size = reader.next();
        return size > 0 ? bytes.toString('utf8', reader.at, reader.at + size) : '';
      }
      reader.skipBytes();
    }
    return undefined;
  }
}

function partOf(bytes: Buffer, reader: VarintReader): Buffer | undefined {
  const length = reader.next();
  return length < 0 ? undefined : bytes.subarray(reader.at, reader.at + length);
}

/** Names differ at their ends if anywhere: so from there. */
function isAt(bytes: Buffer, at: number, name: Buffer): boolean {
  for (let index = name.length - 1; index >= 0; index--) if (bytes[at + index] !== name[index]) return false;
  return true;
}
