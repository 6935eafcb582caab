import type { Metrics } from '#kernel';
import type { Counter, Gauge, Histogram } from 'prom-client';
import type { Lane } from './consuming/position.store.js';

/** Seconds. */
const STEPS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const AGES = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200, 86_400];

/** The event log's metrics; the same names whichever driver runs. */
export class LogMetrics {
  private readonly appendedTotal: Counter<'topic'>;
  private readonly handledTotal: Counter<'group' | 'topic'>;
  private readonly handlerSeconds: Histogram<'group'>;
  private readonly stageSeconds: Histogram<'group' | 'stage'>;
  private readonly ageSeconds: Histogram<'group'>;
  private readonly rebalanceSeconds: Histogram<'group'>;
  private readonly retentionUsed: Gauge<'group' | 'topic'>;
  private readonly outboxRecords: Gauge<'service'>;
  private readonly relaySeconds: Histogram<'service'>;
  private readonly parkedTotal: Counter<'group' | 'topic'>;
  private readonly parkedDroppedTotal: Counter<'group'>;
  private readonly replayedTotal: Counter<'group' | 'outcome'>;
  private readonly parkedRecords: Gauge<'service' | 'group'>;
  private readonly withParked = new Set<string>();
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
      buckets: STEPS,
    });
    this.stageSeconds = metrics.histogram({
      name: 'gnomon_event_log_stage_seconds',
      help: 'Where the time of a consumer group goes, for each read that brought records and each transaction: read (waiting at the log for something new included), handle, commit (all of a transaction but its handlers).',
      labelNames: ['group', 'stage'],
      buckets: STEPS,
    });
    this.ageSeconds = metrics.histogram({
      name: 'gnomon_event_log_applied_age_seconds',
      help: 'How old the oldest record of a transaction of a consumer group was when it had been applied.',
      labelNames: ['group'],
      buckets: AGES,
    });
    this.rebalanceSeconds = metrics.histogram({
      name: 'gnomon_event_log_rebalance_seconds',
      help: 'Each time a member of a consumer group was given partitions: how long it had had no word of the group before.',
      labelNames: ['group'],
      buckets: AGES,
    });
    this.retentionUsed = metrics.gauge({
      name: 'gnomon_event_log_retention_used_ratio',
      help: 'How much of what retention keeps a consumer group has not applied, by age or bytes, the larger; at 1 records are lost.',
      labelNames: ['group', 'topic'],
    });
    this.outboxRecords = metrics.gauge({
      name: 'gnomon_event_log_outbox_records',
      help: 'Records in the outbox of a service that are not on the brokers yet, as the one process that ships them sees it.',
      labelNames: ['service'],
    });
    this.relaySeconds = metrics.histogram({
      name: 'gnomon_event_log_relay_seconds',
      help: 'How old the oldest record of a shipment from the outbox was when the brokers had it.',
      labelNames: ['service'],
      buckets: AGES,
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
    this.replayedTotal = metrics.counter({
      name: 'gnomon_event_log_replayed_total',
      help: 'Parked records that an admin had applied again or dropped, by what came of it.',
      labelNames: ['group', 'outcome'],
    });
    this.parkedRecords = metrics.gauge({
      name: 'gnomon_event_log_parked_records',
      help: 'Records that are parked now, as each process of the service counts them.',
      labelNames: ['service', 'group'],
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

  /**
   * One transaction.
   *
   * @param oldest when the oldest of its records was appended
   */
  handled(lane: Lane, records: number, oldest: Date, elapsedMs: number, handlersMs: number): void {
    const { group, topic } = lane;
    this.handledTotal.inc({ group, topic }, records);
    this.handlerSeconds.observe({ group }, elapsedMs / 1_000);
    this.stageSeconds.observe({ group, stage: 'handle' }, handlersMs / 1_000);
    this.stageSeconds.observe({ group, stage: 'commit' }, (elapsedMs - handlersMs) / 1_000);
    this.ageSeconds.observe({ group }, ageOf(oldest));
  }

  /** A read that brought records. */
  read(group: string, elapsedMs: number): void {
    this.stageSeconds.observe({ group, stage: 'read' }, elapsedMs / 1_000);
  }

  /** A member has been given partitions, or the same again, after so long without a word. */
  rebalanced(group: string, elapsedMs: number): void {
    this.rebalanceSeconds.observe({ group }, elapsedMs / 1_000);
  }

  retention(group: string, topic: string, used: number): void {
    this.retentionUsed.set({ group, topic }, used);
  }

  outbox(service: string, records: bigint): void {
    this.outboxRecords.set({ service }, Number(records));
  }

  relayed(service: string, oldest: Date): void {
    this.relaySeconds.observe({ service }, ageOf(oldest));
  }

  parked(lane: Lane): void {
    this.parkedTotal.inc({ group: lane.group, topic: lane.topic });
  }

  parkedDropped(group: string, records: number): void {
    this.parkedDroppedTotal.inc({ group }, records);
  }

  replayed(group: string, outcome: 'applied' | 'failed' | 'dropped'): void {
    this.replayedTotal.inc({ group, outcome });
  }

  /** @param groups all that have some; those of before that have none any more are told apart by their absence */
  parkedNow(service: string, groups: ReadonlyMap<string, number>): void {
    for (const group of this.withParked) if (!groups.has(group)) this.parkedRecords.set({ service, group }, 0);
    for (const [group, records] of groups) {
      this.withParked.add(group);
      this.parkedRecords.set({ service, group }, records);
    }
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

function ageOf(time: Date): number {
  return Math.max(0, Date.now() - time.getTime()) / 1_000;
}
