import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import { isMissingTable } from '../consuming/outage.js';
import { tableOf, type Head } from '../postgres/record.store.js';
import type { Topic } from '../topic-catalog.js';
import { DatabaseLine } from './database-line.js';
import type { WakeUps } from './wake-ups.js';

/** Cannot be the name of a topic. */
const RELEASE = '!release';
/** A NOTIFY carries at most 8,000 bytes. */
const CALLS_AT_ONCE = 80;

export interface Watcher {
  readonly topics: readonly Topic[];
  /** A partition has reached further, or is where it was. */
  onHead(topic: string, partition: number, head: Head): void;
  /** A member of a group has given up its partitions. */
  onRelease?(group: string): void;
}

/**
 * How far the partitions in one database reach: who appends says so, who reads is told, by wake-up calls and by a regular
 * look at the heads, whatever the number of services, groups and followers in this process.
 */
export class Signals {
  private readonly logger = new Logger('EventLog');
  private readonly line: DatabaseLine;
  private readonly wakeUps: WakeUps;
  private readonly leave: (() => void)[];
  private readonly watchers = new Set<Watcher>();
  /** What is still to be said, by whom it is about: of a partition only its latest head matters. */
  private readonly outbox = new Map<string, string>();
  /** How far partitions reach for certain, and the topics to look at because they may reach further by now. */
  private readonly heads = new Map<string, bigint>();
  private readonly due = new Set<string>();
  private closed = false;
  private sending: Promise<void> | undefined;
  private looking: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param others how processes call each other, if not by LISTEN and NOTIFY in the database itself */
  constructor(
    url: string,
    private readonly pollMs: number,
    private readonly others?: WakeUps,
  ) {
    this.line = new DatabaseLine(url, { listens: !others });
    this.wakeUps = others ?? this.line;
    const poll = (): void => this.poll();
    const pollAndSpeak = (): void => {
      this.poll();
      this.startSending();
    };
    this.leave = [this.wakeUps.listen({ onCall: (calls) => this.heard(calls), onOpen: pollAndSpeak })];
    if (others) this.leave.push(this.line.listen({ onCall: () => undefined, onOpen: poll }));
  }

  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    this.start();
    this.poll();
    return () => this.watchers.delete(watcher);
  }

  /** Tells everyone, in this process at once and in others by a wake-up call, how far a partition reaches now. */
  moved(topic: string, partition: number, next: bigint): void {
    this.headTo(topic, partition, { first: 0n, next });
    this.send(`${topic}/${partition}`, `${topic}/${partition}/${next}`);
  }

  /** Tells the other members of a group that there are partitions to take. */
  released(group: string): void {
    const call = `${RELEASE}/${group}`;
    this.send(call, call);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.sending;
    for (const leave of this.leave) leave();
    await this.line.close();
  }

  private start(): void {
    if (this.timer || this.closed) return;
    this.timer = setInterval(() => this.poll(), this.pollMs);
    this.line.start();
  }

  private heard(calls: string): void {
    for (const call of calls.split(',')) {
      const [topic = '', partition, next] = call.split('/');
      if (topic === RELEASE) for (const watcher of this.watchers) watcher.onRelease?.(partition ?? '');
      else if (isNumber(partition) && isNumber(next)) this.heardOf(topic, Number(partition), BigInt(next));
    }
  }

  /** The database knows how far it reaches. From elsewhere it is a hint: the call may be about another database. */
  private heardOf(topic: string, partition: number, next: bigint): void {
    if (next <= (this.heads.get(`${topic}/${partition}`) ?? 0n)) return;
    if (this.others) this.look([topic]);
    else this.headTo(topic, partition, { first: 0n, next });
  }

  private headTo(topic: string, partition: number, head: Head): void {
    this.heads.set(`${topic}/${partition}`, head.next);
    for (const watcher of this.watchers) {
      if (watcher.topics.some((watched) => watched.name === topic)) watcher.onHead(topic, partition, head);
    }
  }

  private send(about: string, call: string): void {
    if (this.closed) return;
    this.outbox.set(about, call);
    this.start();
    this.startSending();
  }

  private startSending(): void {
    this.sending ??= this.flush().finally(() => {
      this.sending = undefined;
      if (this.wakeUps.open && this.outbox.size > 0) this.startSending();
    });
  }

  /** What arrives while one call is under way shares the next one; without a connection it waits for one. */
  private async flush(): Promise<void> {
    try {
      while (this.wakeUps.open && this.outbox.size > 0) await this.sendSome();
    } catch (error) {
      this.logger.debug(`A wake-up call was not sent: ${messageOf(error)}`);
    }
  }

  private async sendSome(): Promise<void> {
    const calls = [...this.outbox].slice(0, CALLS_AT_ONCE);
    for (const [about] of calls) this.outbox.delete(about);
    await this.wakeUps.send(calls.map(([, call]) => call).join(','));
  }

  private poll(): void {
    this.look([...this.watchers].flatMap((watcher) => watcher.topics.map((topic) => topic.name)));
  }

  private look(topics: readonly string[]): void {
    if (this.closed || !this.line.open) return;
    for (const topic of topics) this.due.add(topic);
    this.looking ??= this.lookAtDue().finally(() => {
      this.looking = undefined;
      if (this.due.size > 0) this.look([]);
    });
  }

  private async lookAtDue(): Promise<void> {
    try {
      while (this.due.size > 0) {
        const due = this.watchedByOwner(this.due);
        this.due.clear();
        for (const [owner, topics] of due) await this.lookAt(owner, topics);
      }
    } catch (error) {
      this.line.replace(error);
    }
  }

  private async lookAt(owner: string, topics: Set<string>): Promise<void> {
    try {
      const rows = await this.line.query<{
        topic: string;
        partition: number;
        first_offset: string;
        next_offset: string;
      }>(
        `SELECT topic, partition, first_offset, next_offset FROM ${tableOf({ owner }, 'event_partition')} WHERE topic = ANY($1)`,
        [[...topics]],
      );
      for (const row of rows) {
        this.headTo(row.topic, row.partition, { first: BigInt(row.first_offset), next: BigInt(row.next_offset) });
      }
    } catch (error) {
      if (!isMissingTable(error)) throw error;
    }
  }

  private watchedByOwner(names: ReadonlySet<string>): Map<string, Set<string>> {
    const owners = new Map<string, Set<string>>();
    for (const watcher of this.watchers) {
      for (const topic of watcher.topics.filter((each) => names.has(each.name))) {
        const topics = owners.get(topic.owner) ?? new Set();
        owners.set(topic.owner, topics.add(topic.name));
      }
    }
    return owners;
  }
}

/** Whoever can speak on the channel can say anything. */
function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,18}$/.test(text);
}
