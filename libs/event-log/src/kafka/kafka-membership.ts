import { Logger } from '@nestjs/common';
import type { Consumer, GroupAssignment } from '@platformatic/kafka';
import { setTimeout as delay } from 'node:timers/promises';
import { reasonOf, type KafkaCluster } from './kafka-cluster.js';

export interface MembershipParts {
  readonly cluster: KafkaCluster;
  readonly group: string;
  readonly topics: readonly string[];
  /** The partitions that are this member's from now on, by topic. */
  onAssigned(partitions: ReadonlyMap<string, readonly number[]>): void;
  /** Why it is no member now; undefined when it is one. */
  onState(failure: string | undefined): void;
  /** The group has settled who does what, so many milliseconds after this member last had word of it. */
  onRebalanced(elapsedMs: number): void;
}

const MAX_PAUSE_MS = 500;
const LEAVE_TIMEOUT_MS = 2_000;

/**
 * A member of a consumer group: which partitions are whose is settled by the brokers' group coordinator, cooperatively. It
 * is a division of labour and no more: that nobody applies what is no longer his is seen to in Postgres.
 */
export class KafkaMembership {
  private readonly logger = new Logger('EventLog');
  private readonly closing = new AbortController();
  private readonly client: Consumer;
  private joining: Promise<void> | undefined;
  private failing: string | undefined = 'joining its group';
  /** When the coordinator last answered it as a member, a time of `performance.now()`. */
  private lastWord = performance.now();

  constructor(private readonly parts: MembershipParts) {
    const { cluster, group, topics } = parts;
    this.client = cluster.member(group);
    this.client.topics.trackAll(...topics.map((topic) => cluster.nameOf(topic)));
    this.client.on('consumer:group:join', ({ assignments }) => {
      this.assigned(assignments ?? []);
      parts.onRebalanced(performance.now() - this.lastWord);
      this.lastWord = performance.now();
    });
    this.client.on('consumer:group:rebalance', () => this.assigned(this.client.assignments ?? []));
    this.client.on('consumer:heartbeat:error', ({ error }) => this.failed(error));
    this.client.on('consumer:heartbeat:end', () => {
      this.lastWord = performance.now();
      this.recovered();
    });
    this.client.on('consumer:heartbeat:stalled', () => this.rejoin());
    // The client has given up joining again; it would stay outside for ever.
    (this.client as unknown as NodeJS.EventEmitter).on('error', (error: unknown) => {
      this.failed(error);
      this.rejoin();
    });
  }

  /** Resolves once it is a member. Keeps trying until then, or until it leaves. */
  join(): Promise<void> {
    this.joining ??= this.tryToJoin().finally(() => (this.joining = undefined));
    return this.joining;
  }

  /** Gives the partitions to the others at once. */
  async leave(): Promise<void> {
    this.closing.abort();
    const late = new AbortController();
    const timeout = delay(LEAVE_TIMEOUT_MS, undefined, { signal: late.signal }).catch(() => undefined);
    const left = new Promise<void>((resolve) =>
      this.client.leaveGroup(true, (error) => {
        if (error) this.logger.debug(`Group "${this.parts.group}" could not be left: ${reasonOf(error)}`);
        resolve();
      }),
    );
    await Promise.race([left, timeout]);
    late.abort();
    await this.client.close(true).catch(() => undefined);
    await this.joining;
  }

  private rejoin(): void {
    if (!this.closing.signal.aborted) void this.join();
  }

  private async tryToJoin(): Promise<void> {
    for (let pause = 50; !this.closing.signal.aborted; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      try {
        await this.client.joinGroup();
        return;
      } catch (error) {
        if (this.closing.signal.aborted) return;
        this.failed(error);
        this.client.clearMetadata();
      }
      await delay(pause * (0.75 + Math.random() / 2), undefined, { signal: this.closing.signal }).catch(
        () => undefined,
      );
    }
  }

  private assigned(assignments: readonly GroupAssignment[]): void {
    if (this.closing.signal.aborted) return;
    this.recovered();
    const { cluster, topics } = this.parts;
    const names = new Map(topics.map((topic) => [cluster.nameOf(topic), topic]));
    const partitions = new Map<string, readonly number[]>();
    for (const each of assignments) partitions.set(names.get(each.topic) ?? each.topic, each.partitions);
    this.parts.onAssigned(partitions);
  }

  private failed(error: unknown): void {
    if (this.closing.signal.aborted) return;
    this.failing = reasonOf(error);
    this.parts.onState(this.failing);
  }

  private recovered(): void {
    if (this.failing === undefined) return;
    this.failing = undefined;
    this.parts.onState(undefined);
  }
}
