import type { OutgoingRecord } from './outgoing-record.js';
import { sizeOfVarint, writeVarint } from './varint.js';

/** As many tenants, and types of event, as are remembered; then all are forgotten, and it begins anew. */
const REMEMBERED = 1_000;

const ID = nameOf('ce_id');
const CORRELATION_ID = nameOf('ce_correlationid');
const OUTBOX_OFFSET = nameOf('ce_outboxoffset');

/**
 * Puts the headers of events into bytes: CloudEvents 1.0.2, Kafka binding, binary mode. They weigh as much as a small
 * event, so what many of them have in common is encoded once.
 */
export class EventHeaders {
  private readonly types = new Map<string, Uint8Array>();
  private readonly tenants = new Map<string, Uint8Array>();
  private time = Number.NaN;
  private timeHeader: Uint8Array = new Uint8Array();

  countOf({ outboxOffset }: OutgoingRecord): number {
    return outboxOffset === undefined ? 8 : 9;
  }

  sizeOf(record: OutgoingRecord): number {
    const { id, correlationId, outboxOffset } = record;
    let size = this.ofType(record).length + this.ofTenant(record.tenantId).length + this.ofTime(record.time).length;
    size += ID.length + sizeOfText(id) + CORRELATION_ID.length + sizeOfText(correlationId);
    if (outboxOffset !== undefined) size += OUTBOX_OFFSET.length + sizeOfText(String(outboxOffset));
    return size;
  }

  /** @returns where the next byte goes */
  write(bytes: Buffer, start: number, record: OutgoingRecord): number {
    let at = put(bytes, start, this.ofType(record));
    at = put(bytes, at, this.ofTenant(record.tenantId));
    at = put(bytes, at, this.ofTime(record.time));
    at = putText(bytes, put(bytes, at, ID), record.id);
    at = putText(bytes, put(bytes, at, CORRELATION_ID), record.correlationId);
    if (record.outboxOffset === undefined) return at;
    return putText(bytes, put(bytes, at, OUTBOX_OFFSET), String(record.outboxOffset));
  }

  private ofType({ type, topic }: OutgoingRecord): Uint8Array {
    return (
      this.types.get(type) ??
      remember(
        this.types,
        type,
        Buffer.concat([
          header('ce_specversion', '1.0'),
          header('ce_type', type),
          header('ce_source', `/gnomon/${topic.owner}`),
          header('content-type', 'application/protobuf'),
        ]),
      )
    );
  }

  private ofTenant(tenantId: string): Uint8Array {
    return this.tenants.get(tenantId) ?? remember(this.tenants, tenantId, header('ce_tenantid', tenantId));
  }

  private ofTime(time: Date): Uint8Array {
    if (time.getTime() !== this.time) {
      this.time = time.getTime();
      this.timeHeader = header('ce_time', time.toISOString());
    }
    return this.timeHeader;
  }
}

/** A text with its length before it. */
export function sizeOfText(text: string): number {
  const length = Buffer.byteLength(text);
  return sizeOfVarint(length) + length;
}

/** @returns where the next byte goes */
export function putText(bytes: Buffer, start: number, text: string): number {
  // Nearly all are short and of one byte a character: then their length is known once they are written.
  if (text.length < 21) {
    const length = bytes.write(text, start + 1);
    bytes[start] = length << 1;
    return start + 1 + length;
  }
  const at = writeVarint(bytes, start, Buffer.byteLength(text));
  return at + bytes.write(text, at);
}

export function put(bytes: Buffer, at: number, part: Uint8Array): number {
  bytes.set(part, at);
  return at + part.length;
}

function nameOf(name: string): Buffer {
  return Buffer.concat([Buffer.from([name.length << 1]), Buffer.from(name)]);
}

function header(name: string, value: string): Buffer {
  const bytes = Buffer.alloc(nameOf(name).length + sizeOfText(value));
  putText(bytes, put(bytes, 0, nameOf(name)), value);
  return bytes;
}

function remember(known: Map<string, Uint8Array>, name: string, bytes: Uint8Array): Uint8Array {
  if (known.size >= REMEMBERED) known.clear();
  known.set(name, bytes);
  return bytes;
}
