import { Logger } from '@nestjs/common';
import type { Admin } from '@platformatic/kafka';
import type { LogMetrics } from '../log-metrics.js';
import type { Topic } from '../topic-catalog.js';
import { reasonOf, type KafkaCluster } from './kafka-cluster.js';

/** A partition that this member works on. */
export interface WatchedLane {
  readonly topic: Topic;
  readonly partition: number;
  /** The next offset to apply. */
  readonly position: bigint;
}

export interface RetentionWatchParts {
  readonly cluster: KafkaCluster;
  readonly group: string;
  readonly metrics: LogMetrics;
  readonly everyMs: number;
  lanes(): readonly WatchedLane[];
}

/** What the brokers say of a partition. */
export interface PartitionState {
  readonly first: bigint;
  readonly next: bigint;
  /** As it lies on the broker's disk. */
  readonly bytes: bigint;
}

/** The shares of the retention time that are told apart. */
const SHARES = [0.95, 0.9, 0.75, 0.5, 0.25];
const WARN_AT = [0.5, 0.75, 0.9];
const FIRST = -2n;
const NEXT = -1n;

/**
 * Brokers remove what is too old or too much, whether a group has applied it or not. This says so before: as a metric, and
 * in the log when half, three quarters and nine tenths of what is kept are not applied.
 */
export class RetentionWatch {
  private readonly logger = new Logger('EventLog');
  private readonly timer: NodeJS.Timeout;
  private readonly warned = new Map<string, number>();
  private looking: Promise<void> | undefined;

  constructor(private readonly parts: RetentionWatchParts) {
    this.timer = setInterval(() => {
      this.looking ??= this.look().finally(() => (this.looking = undefined));
    }, parts.everyMs);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    const topics = new Map<Topic, WatchedLane[]>();
    for (const lane of this.parts.lanes()) {
      if (lane.topic.retentionMs === undefined && lane.topic.retentionBytes === undefined) continue;
      topics.set(lane.topic, [...(topics.get(lane.topic) ?? []), lane]);
    }
    if (topics.size === 0) return;
    const admin = this.parts.cluster.admin();
    try {
      for (const [topic, lanes] of topics) this.tell(topic, await this.usedOf(admin, topic, lanes));
    } catch (error) {
      // Who reads from the brokers says what is wrong with them.
      this.logger.debug(`Retention of what "${this.parts.group}" reads is not known: ${reasonOf(error)}`);
    } finally {
      await admin.close().catch(() => undefined);
    }
  }

  private async usedOf(admin: Admin, topic: Topic, lanes: readonly WatchedLane[]): Promise<number> {
    const name = this.parts.cluster.nameOf(topic.name);
    const at = (timestamp: bigint): Promise<Map<number, bigint>> => offsetsAt(admin, name, lanes, timestamp);
    const [firsts, nexts] = [await at(FIRST), await at(NEXT)];
    const behind = lanes.filter((lane) => lane.position < (nexts.get(lane.partition) ?? 0n));
    if (behind.length === 0) return 0;
    let used = 0;
    if (topic.retentionBytes !== undefined) {
      const sizes = await bytesOf(admin, name, behind);
      for (const { partition, position } of behind) {
        const bytes = sizes.get(partition) ?? 0n;
        const state = { first: firsts.get(partition) ?? 0n, next: nexts.get(partition) ?? 0n, bytes };
        used = Math.max(used, unappliedBytes(state, position) / topic.retentionBytes);
      }
    }
    if (topic.retentionMs === undefined) return used;
    for (const share of SHARES.filter((each) => each > used)) {
      const since = await at(BigInt(Math.floor(Date.now() - share * topic.retentionMs)));
      // No record is as young as that: then all of them are older.
      const older = (lane: WatchedLane): bigint => {
        const offset = since.get(lane.partition) ?? -1n;
        return offset < 0n ? (nexts.get(lane.partition) ?? 0n) : offset;
      };
      if (behind.some((lane) => lane.position < older(lane))) return share;
    }
    return used;
  }

  private tell(topic: Topic, used: number): void {
    const { group, metrics } = this.parts;
    metrics.retention(group, topic.name, used);
    const level = WARN_AT.filter((each) => used >= each).at(-1) ?? 0;
    if (level > (this.warned.get(topic.name) ?? 0)) {
      this.logger.warn(
        `Group "${group}" has not applied ${Math.round(used * 100)} % of what topic "${topic.name}" may keep: what it does not reach in time is lost`,
      );
    }
    this.warned.set(topic.name, level);
  }
}

/** The bytes behind a position, as if all records of the partition were of one size. */
export function unappliedBytes({ first, next, bytes }: PartitionState, position: bigint): number {
  const from = position > first ? position : first;
  if (from >= next) return 0;
  return (Number(bytes) * Number(next - from)) / Number(next - first);
}

async function offsetsAt(
  admin: Admin,
  name: string,
  lanes: readonly WatchedLane[],
  timestamp: bigint,
): Promise<Map<number, bigint>> {
  const partitions = lanes.map(({ partition }) => ({ partitionIndex: partition, timestamp }));
  const [listed] = await admin.listOffsets({ topics: [{ name, partitions }] });
  return new Map((listed?.partitions ?? []).map(({ partitionIndex, offset }) => [partitionIndex, offset]));
}

async function bytesOf(admin: Admin, name: string, lanes: readonly WatchedLane[]): Promise<Map<number, bigint>> {
  const sizes = new Map<number, bigint>();
  const described = await admin.describeLogDirs({
    topics: [{ name, partitions: lanes.map((lane) => lane.partition) }],
  });
  // Replicas are of about one size; the largest has the most to remove.
  for (const { partitionIndex, partitionSize } of described
    .flatMap(({ results }) => results)
    .flatMap(({ topics }) => topics)
    .filter((topic) => topic.name === name)
    .flatMap(({ partitions }) => partitions)) {
    if (partitionSize > (sizes.get(partitionIndex) ?? 0n)) sizes.set(partitionIndex, partitionSize);
  }
  return sizes;
}
