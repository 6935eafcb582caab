import { ListOffsetTimestamps, ResponseError, type ClusterMetadata } from '@platformatic/kafka';
import { TopicReplacedError } from '../event-log.errors.js';
import type { EventRecord } from '../event-log.js';
import type { KafkaCluster } from './kafka-cluster.js';
import type { Fetched, FetchedPartition, LogConsumer } from './log-consumer.js';

export interface WantedLane {
  readonly topic: string;
  readonly partition: number;
  /** The next offset to read. */
  readonly offset: bigint;
}

/** What one read of a partition brought. */
export interface LaneRead {
  readonly topic: string;
  readonly partition: number;
  /** Where it was asked to begin. */
  readonly from: bigint;
  readonly records: readonly EventRecord[];
  /** Where to read next: behind the last record, or past offsets that hold none any more. */
  readonly next: bigint;
  /** Where the partition ends. */
  readonly end: bigint;
  /** The partition does not reach to where it was asked to begin: retention was there, or it is another topic now. */
  readonly outOfRange: boolean;
}

export interface ReadLimits {
  /** The most bytes, as they are compressed, of all partitions together; at least one batch is read. */
  readonly bytes: number;
  readonly waitMs: number;
}

/** What a partition holds: offsets from `first` up to, not including, `next`. */
export interface LogHead {
  readonly first: bigint;
  readonly next: bigint;
}

const OFFSET_OUT_OF_RANGE = 1;
/** They are unpacked at one go, during which the process does nothing else. */
const MAX_LANE_BYTES = 1 << 19;

/** Reads partitions of some topics, with no group. One read at a time of each broker. */
export class KafkaReader {
  private readonly client: LogConsumer;
  /** The brokers' ids of the topics, as they were when it was asked where these begin and end. */
  private readonly ids = new Map<string, string>();

  constructor(
    private readonly cluster: KafkaCluster,
    private readonly topics: readonly string[],
  ) {
    this.client = cluster.reader();
    this.client.topics.trackAll(...this.kafkaTopics());
  }

  /**
   * What tells a topic from a later one of the same name; '' until `heads` has been asked for. Other topics of these names
   * are not read.
   */
  idOf(topic: string): string {
    return this.ids.get(topic) ?? '';
  }

  /** Takes a topic, or all of them, for what they are when it is next asked where they begin, whatever they were. */
  forget(topic?: string): void {
    if (topic === undefined) this.ids.clear();
    else this.ids.delete(topic);
    this.refresh();
  }

  /** Where the topics' partitions begin and end now. @throws if a topic does not exist, or TopicReplacedError */
  async heads(): Promise<Map<string, LogHead[]>> {
    const topics = this.kafkaTopics();
    const metadata = await this.client.metadata({ topics, forceUpdate: true });
    const ids = this.byId(metadata, this.topics);
    const first = await this.client.listOffsets({ topics, timestamp: ListOffsetTimestamps.EARLIEST });
    const next = await this.client.listOffsets({ topics, timestamp: ListOffsetTimestamps.LATEST });
    // Not before all is known: with an id and old positions a new topic would be read in its midst.
    for (const [id, topic] of ids) this.ids.set(topic, id);
    return new Map(
      this.topics.map((topic) => {
        const name = this.cluster.nameOf(topic);
        const firsts = first.get(name) ?? [];
        return [topic, (next.get(name) ?? []).map((end, index) => ({ first: firsts[index] ?? 0n, next: end }))];
      }),
    );
  }

  /** The wanted partitions by the broker that leads them. */
  async byLeader(wanted: readonly WantedLane[]): Promise<Map<number, WantedLane[]>> {
    const metadata = await this.client.metadata({ topics: this.kafkaTopics() });
    const leaders = new Map<number, WantedLane[]>();
    for (const lane of wanted) {
      const leader = metadata.topics.get(this.cluster.nameOf(lane.topic))?.partitions[lane.partition]?.leader;
      if (leader === undefined || leader < 0) throw new Error(`${lane.topic}/${lane.partition} has no leader.`);
      leaders.set(leader, [...(leaders.get(leader) ?? []), lane]);
    }
    return leaders;
  }

  /** Looks up anew where things are. */
  refresh(): void {
    this.client.clearMetadata();
  }

  async read(node: number, wanted: readonly WantedLane[], limits: ReadLimits): Promise<LaneRead[]> {
    const metadata = await this.client.metadata({ topics: this.kafkaTopics() });
    const byId = this.byId(metadata, new Set(wanted.map((lane) => lane.topic)));
    const topics = [...byId].map(([topicId, topic]) => ({
      topicId,
      partitions: wanted
        .filter((lane) => lane.topic === topic)
        .map((lane) => ({
          partition: lane.partition,
          fetchOffset: lane.offset,
          currentLeaderEpoch: -1,
          lastFetchedEpoch: -1,
          partitionMaxBytes: Math.min(limits.bytes, MAX_LANE_BYTES),
        })),
    }));
    const response = await this.fetch(node, topics, limits);
    const reads: LaneRead[] = [];
    for (const { topicId, partitions } of response.responses) {
      const topic = byId.get(topicId);
      for (const partition of partitions) {
        const lane = wanted.find((each) => each.topic === topic && each.partition === partition.partitionIndex);
        if (lane) reads.push(readOf(lane, partition));
      }
    }
    return reads;
  }

  async close(): Promise<void> {
    await this.client.close(true).catch(() => undefined);
  }

  /** An answer in which only positions are out of range is an answer. */
  private async fetch(
    node: number,
    topics: Parameters<LogConsumer['fetch']>[0]['topics'],
    limits: ReadLimits,
  ): Promise<Fetched> {
    try {
      const options = { node, topics, maxWaitTime: limits.waitMs, minBytes: 1, maxBytes: limits.bytes };
      return (await this.client.fetch(options)) as unknown as Fetched;
    } catch (error) {
      const response = error instanceof ResponseError ? (error['response'] as Fetched | undefined) : undefined;
      const codes = response?.responses.flatMap((topic) => topic.partitions.map((partition) => partition.errorCode));
      if (response?.errorCode === 0 && codes?.every((code) => code === 0 || code === OFFSET_OUT_OF_RANGE))
        return response;
      throw error;
    }
  }

  private byId(metadata: ClusterMetadata, topics: Iterable<string>): Map<string, string> {
    const byId = new Map<string, string>();
    for (const topic of topics) {
      const { id } = metadata.topics.get(this.cluster.nameOf(topic))!;
      const known = this.ids.get(topic);
      if (known !== undefined && known !== id) throw new TopicReplacedError(topic);
      byId.set(id, topic);
    }
    return byId;
  }

  private kafkaTopics(): string[] {
    return this.topics.map((topic) => this.cluster.nameOf(topic));
  }
}

function readOf(lane: WantedLane, partition: FetchedPartition): LaneRead {
  const records: EventRecord[] = [];
  let next = lane.offset;
  for (const batch of partition.records) {
    if (batch.lastOffset < lane.offset) continue;
    next = batch.lastOffset + 1n;
    for (const event of batch.eventsFrom(lane.topic, lane.partition, lane.offset)) records.push(event);
  }
  return {
    topic: lane.topic,
    partition: lane.partition,
    from: lane.offset,
    records,
    next,
    end: partition.highWatermark,
    outOfRange: partition.errorCode === OFFSET_OUT_OF_RANGE,
  };
}
