import { fromBinary } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { TelemetryBatchSchema, TelemetryReceivedSchema, type UsageEvent } from '#contracts';
import { EventLog } from '#event-log';
import { Clock, Metrics } from '#kernel';
import { isRejection, readJsonEvent, readProtoEvent, type EventResult } from './domain/events/event-reader.js';
import { usageEventOf } from './domain/events/observation.js';
import { agentBounds, type TimeBounds } from './domain/events/time.js';
import { DeviceActivity } from './device-activity.js';
import { batchMalformed, batchTooLarge } from './telemetry.errors.js';

const MAX_EVENTS = 5_000;
/** How many batches are remembered so that a repeated one is answered without writing it again. */
const REMEMBERED = 20_000;

/** What became of a batch; as TelemetryReceipt says it. */
export interface Receipt {
  readonly sequence: bigint;
  readonly accepted: number;
  readonly rejected: { index: number; field: string; reason: string }[];
  readonly duplicate: boolean;
}

export interface BatchSource {
  readonly tenantId: string;
  readonly deviceId: string;
}

interface Batch {
  readonly sequence: bigint;
  readonly results: EventResult[];
}

/** Takes batches of devices into the event log. */
@Injectable()
export class BatchService {
  private readonly accepted = new Set<string>();
  private readonly received;

  constructor(
    private readonly log: EventLog,
    private readonly clock: Clock,
    private readonly activity: DeviceActivity,
    metrics: Metrics,
  ) {
    this.received = metrics.counter({
      name: 'gnomon_telemetry_received_events_total',
      help: 'Usage events that devices sent, by what became of them.',
      labelNames: ['outcome'],
    });
  }

  /**
   * Checks the events of a batch and publishes those that are good; resolves once they are durable.
   *
   * @param isProtobuf whether `body` is a TelemetryBatch in protobuf, else in JSON
   * @throws DomainError `telemetry.batch-malformed`, `telemetry.batch-too-large`, and what the event log throws
   */
  async accept(source: BatchSource, body: Buffer, isProtobuf: boolean): Promise<Receipt> {
    const now = this.clock.now();
    const bounds = agentBounds(now.getTime() * 1e3);
    const { sequence, results } = isProtobuf ? readProtobuf(body, bounds) : readJson(body, bounds);
    const events: UsageEvent[] = [];
    const rejected: Receipt['rejected'] = [];
    results.forEach((result, index) => {
      if (isRejection(result)) rejected.push({ index, ...result });
      else events.push(usageEventOf(result));
    });
    this.activity.touch(source.tenantId, source.deviceId, now);
    const duplicate = this.accepted.has(`${source.deviceId} ${sequence}`);
    if (!duplicate) {
      const { tenantId, deviceId } = source;
      await this.log.publish(TelemetryReceivedSchema, { sourceId: deviceId, sequence, deviceId, events }, { tenantId });
      this.remember(`${deviceId} ${sequence}`);
      this.received.inc({ outcome: 'accepted' }, events.length);
      this.received.inc({ outcome: 'rejected' }, rejected.length);
    }
    return { sequence, accepted: events.length, rejected, duplicate };
  }

  private remember(batch: string): void {
    this.accepted.add(batch);
    if (this.accepted.size <= REMEMBERED) return;
    for (const oldest of this.accepted) {
      this.accepted.delete(oldest);
      return;
    }
  }
}

function readProtobuf(body: Buffer, bounds: TimeBounds): Batch {
  let batch;
  try {
    batch = fromBinary(TelemetryBatchSchema, body);
  } catch {
    throw batchMalformed('it is not a TelemetryBatch in protobuf');
  }
  if (batch.events.length > MAX_EVENTS) throw batchTooLarge(MAX_EVENTS);
  return { sequence: sequenceOf(batch.sequence), results: batch.events.map((event) => readProtoEvent(event, bounds)) };
}

function readJson(body: Buffer, bounds: TimeBounds): Batch {
  let batch: unknown;
  try {
    batch = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw batchMalformed(`it is not JSON (${(error as Error).message.slice(0, 200)})`);
  }
  if (typeof batch !== 'object' || batch === null || Array.isArray(batch))
    throw batchMalformed('it is not a JSON object');
  const { sequence, events } = batch as { sequence?: unknown; events?: unknown };
  if (!Array.isArray(events)) throw batchMalformed('it has no list of events', 'events');
  if (events.length > MAX_EVENTS) throw batchTooLarge(MAX_EVENTS);
  return { sequence: sequenceOf(sequence), results: events.map((event) => readJsonEvent(event, bounds)) };
}

function sequenceOf(value: unknown): bigint {
  const isText = typeof value === 'string' && /^\d{1,16}$/.test(value);
  const sequence = typeof value === 'bigint' || typeof value === 'number' || isText ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(sequence) || sequence < 1) {
    throw batchMalformed('its sequence is not a whole number from 1 on', 'sequence');
  }
  return BigInt(sequence);
}
