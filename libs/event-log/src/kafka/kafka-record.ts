import type { KafkaRecord, MessageToProduce } from '@platformatic/kafka';
import type { EventRecord } from '../event-log.js';
import { recordKey } from '../partitioning.js';
import type { Topic } from '../topic-catalog.js';

/** An event on its way to a topic. */
export interface OutgoingRecord {
  readonly topic: Pick<Topic, 'name' | 'owner'>;
  readonly partition: number;
  readonly tenantId: string;
  readonly key: string;
  readonly type: string;
  readonly id: string;
  readonly time: Date;
  readonly correlationId: string;
  readonly payload: Uint8Array;
  /** Its place in the service's outbox, where it went through that. */
  readonly outboxOffset?: bigint;
}

export type LogMessage = MessageToProduce<Buffer, Buffer, string, string>;

const NO_ID = '00000000-0000-0000-0000-000000000000';

/** CloudEvents 1.0.2, Kafka binding, binary mode: attributes in `ce_` headers, the event in protobuf as the value. */
export function messageFor(kafkaTopic: string, record: OutgoingRecord): LogMessage {
  const headers = new Map([
    ['ce_specversion', '1.0'],
    ['ce_id', record.id],
    ['ce_type', record.type],
    ['ce_source', `/gnomon/${record.topic.owner}`],
    ['ce_time', record.time.toISOString()],
    ['ce_tenantid', record.tenantId],
    ['ce_correlationid', record.correlationId],
    ['content-type', 'application/protobuf'],
  ]);
  if (record.outboxOffset !== undefined) headers.set('ce_outboxoffset', String(record.outboxOffset));
  const { payload } = record;
  return {
    topic: kafkaTopic,
    partition: record.partition,
    key: Buffer.from(recordKey(record.tenantId, record.key)),
    value: Buffer.from(payload.buffer, payload.byteOffset, payload.length),
    headers,
    timestamp: BigInt(record.time.getTime()),
  };
}

/**
 * A record as it was read. What has no headers of ours is answered, too, as a record of type `''`: so it is parked with
 * its coordinates instead of being skipped.
 */
export function recordOf(
  topic: string,
  partition: number,
  offset: bigint,
  timestamp: bigint,
  record: KafkaRecord,
): EventRecord {
  const headers = new Map<string, string>();
  for (const [name, value] of record.headers) if (name) headers.set(name.toString(), value?.toString() ?? '');
  const tenantId = headers.get('ce_tenantid') ?? '';
  const key = record.key?.toString() ?? '';
  const outboxOffset = headers.get('ce_outboxoffset');
  const time = headers.get('ce_time');
  return {
    topic,
    partition,
    offset,
    key: key.startsWith(`${tenantId}/`) ? key.slice(tenantId.length + 1) : key,
    tenantId,
    type: headers.get('ce_type') ?? '',
    id: headers.get('ce_id') ?? NO_ID,
    time: new Date(time ?? Number(timestamp)),
    correlationId: headers.get('ce_correlationid') ?? '',
    payload: record.value ?? new Uint8Array(),
    ...(outboxOffset === undefined ? {} : { outboxOffset: BigInt(outboxOffset) }),
  };
}
