import type { Metrics } from '#kernel';
import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Lane } from './consuming/position.store.js';

/** The event log's metrics; the same names whichever driver runs. */
export class LogMetrics {
  private readonly appendedTotal: Counter<'topic'>;
  private readonly handledTotal: Counter<'group' | 'topic'>;
  private readonly handlerSeconds: Histogram<'group'>;
  private readonly parkedTotal: Counter<'group' | 'topic'>;
  private readonly parkedDroppedTotal: Counter<'group'>;
  private readonly lostTotal: Counter<'group' | 'topic'>;
  private readonly lagRecords: Gauge<'group' | 'topic'>;
  private readonly publishQueueBytes: Gauge<'service'>;

  constructor(metrics: Metrics) {
    this.appendedTotal = metrics.counter({
      name: 'gnomon_event_log_appended_total',
      help: 'Records this process appended to the event log.',
      labelNames: ['topic'],
    });
    this.handledTotal = metrics.counter({
      name: 'gnomon_event_log_handled_total',
      help: 'Records this process applied for a consumer group.',
      labelNames: ['group', 'topic'],
    });
    this.handlerSeconds = metrics.histogram({
      name: 'gnomon_event_log_handler_seconds',
      help: 'How long one transaction of a consumer group took.',
      labelNames: ['group'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    });
    this.parkedTotal = metrics.counter({
      name: 'gnomon_event_log_parked_total',
      help: 'Records that a consumer group could not apply and set aside.',
      labelNames: ['group', 'topic'],
    });
    this.parkedDroppedTotal = metrics.counter({
      name: 'gnomon_event_log_parked_dropped_total',
      help: 'Parked records of a consumer group that were removed to make room for newer ones.',
      labelNames: ['group'],
    });
    this.lostTotal = metrics.counter({
      name: 'gnomon_event_log_lost_total',
      help: 'Offsets that were removed before a consumer group had applied them.',
      labelNames: ['group', 'topic'],
    });
    this.lagRecords = metrics.gauge({
      name: 'gnomon_event_log_consumer_lag',
      help: 'Records in the log that a consumer group has not applied yet.',
      labelNames: ['group', 'topic'],
    });
    this.publishQueueBytes = metrics.gauge({
      name: 'gnomon_event_log_publish_queue_bytes',
      help: 'Payload bytes that wait to be published.',
      labelNames: ['service'],
    });
  }

  appended(topic: string, records: number): void {
    this.appendedTotal.inc({ topic }, records);
  }

  handled(lane: Lane, records: number, elapsedMs: number): void {
    this.handledTotal.inc({ group: lane.group, topic: lane.topic }, records);
    this.handlerSeconds.observe({ group: lane.group }, elapsedMs / 1_000);
  }

  parked(lane: Lane): void {
    this.parkedTotal.inc({ group: lane.group, topic: lane.topic });
  }

  parkedDropped(group: string, records: number): void {
    this.parkedDroppedTotal.inc({ group }, records);
  }

  lost(lane: Lane, offsets: bigint): void {
    this.lostTotal.inc({ group: lane.group, topic: lane.topic }, Number(offsets));
  }

  lag(group: string, topic: string, records: bigint): void {
    this.lagRecords.set({ group, topic }, Number(records));
  }

  publishQueue(service: string, bytes: number): void {
    this.publishQueueBytes.set({ service }, bytes);
  }
}
