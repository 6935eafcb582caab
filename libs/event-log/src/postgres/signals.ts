import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import pg from 'pg';
import { isMissingTable } from '../consuming/outage.js';
import type { Topic } from '../topic-catalog.js';
import { tableOf, type Head } from './record.store.js';

const CHANNEL = 'gnomon_event_log';
const MAX_RECONNECT_MS = 1_000;
const QUERY_TIMEOUT_MS = 10_000;
/** Cannot be the name of a topic. */
const RELEASE = '!release';
/** A NOTIFY carries at most 8,000 bytes. */
const CALLS_PER_NOTIFY = 80;

export interface Watcher {
  readonly topics: readonly Topic[];
  /** A partition has reached further, or is where it was. */
  onHead(topic: string, partition: number, head: Head): void;
  /** A member of a group has given up its partitions. */
  onRelease?(group: string): void;
}

/**
 * Wake-up calls for one database: who appends says so, who reads is told. One connection of its own for LISTEN, NOTIFY
 * and a regular look at the heads, whatever the number of services, groups and followers in this process.
 *
 * NOTIFY is sent after the commit and not inside it: inside, Postgres takes one lock for the whole database from there to
 * the end of the commit, which makes all commits wait for each other's fsync. A call that is lost this way (a process
 * that dies between the two) costs one interval of polling.
 */
export class Signals {
  private readonly logger = new Logger('EventLog');
  private readonly watchers = new Set<Watcher>();
  /** What is still to be said, by whom it is about: of a partition only its latest head matters. */
  private readonly outbox = new Map<string, string>();
  private readonly stopped = new AbortController();
  private client: pg.Client | undefined;
  private sending: Promise<void> | undefined;
  private polling = false;
  private timer: NodeJS.Timeout | undefined;
  private failing: string | undefined;
  private connecting: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly pollMs: number,
  ) {}

  /** Why it hears nothing at the moment; undefined when it does. */
  get failure(): string | undefined {
    return this.failing;
  }

  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    this.start();
    void this.poll();
    return () => this.watchers.delete(watcher);
  }

  /** Tells everyone, in this process at once and in others by NOTIFY, how far a partition reaches now. */
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
    this.stopped.abort();
    clearInterval(this.timer);
    await this.connecting;
    await this.sending;
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private start(): void {
    if (this.timer || this.stopped.signal.aborted) return;
    this.timer = setInterval(() => void this.poll(), this.pollMs);
    this.connect();
  }

  private connect(): void {
    this.connecting ??= this.reconnect().finally(() => (this.connecting = undefined));
  }

  private async reconnect(): Promise<void> {
    for (let wait = 50; !this.stopped.signal.aborted; wait = Math.min(wait * 2, MAX_RECONNECT_MS)) {
      const client = new pg.Client({
        connectionString: this.url,
        application_name: 'gnomon-event-log',
        keepAlive: true,
        connectionTimeoutMillis: QUERY_TIMEOUT_MS,
        query_timeout: QUERY_TIMEOUT_MS,
      });
      const lost = (error?: Error) => this.lost(client, error);
      client.on('error', lost);
      client.on('end', () => lost());
      client.on('notification', (message) => this.heard(message.payload ?? ''));
      try {
        await client.connect();
        await client.query(`SET synchronous_commit = off; LISTEN ${CHANNEL}`);
        if (this.failing) this.logger.log('The event log hears wake-up calls again');
        this.failing = undefined;
        this.client = client;
        void this.poll();
        this.startSending();
        return;
      } catch (error) {
        if (!this.failing) this.logger.warn(`The event log cannot listen for wake-up calls: ${messageOf(error)}`);
        this.failing = messageOf(error);
        await client.end().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private lost(client: pg.Client, error?: Error): void {
    if (this.client !== client) return;
    this.client = undefined;
    if (this.stopped.signal.aborted) return;
    this.failing = error ? messageOf(error) : 'the connection was closed';
    this.logger.warn(`The event log lost its listening connection: ${this.failing}`);
    client.end().catch(() => undefined);
    this.connect();
  }

  private heard(payload: string): void {
    for (const call of payload.split(',')) {
      const [topic = '', partition, next] = call.split('/');
      if (topic === RELEASE) for (const watcher of this.watchers) watcher.onRelease?.(partition ?? '');
      else if (partition && next) this.headTo(topic, Number(partition), { first: 0n, next: BigInt(next) });
    }
  }

  private headTo(topic: string, partition: number, head: Head): void {
    for (const watcher of this.watchers) {
      if (watcher.topics.some((watched) => watched.name === topic)) watcher.onHead(topic, partition, head);
    }
  }

  private send(about: string, call: string): void {
    if (this.stopped.signal.aborted) return;
    this.outbox.set(about, call);
    this.start();
    this.startSending();
  }

  private startSending(): void {
    this.sending ??= this.flush().finally(() => {
      this.sending = undefined;
      if (this.client && this.outbox.size > 0) this.startSending();
    });
  }

  /** What arrives while one NOTIFY is under way shares the next one; without a connection it waits for one. */
  private async flush(): Promise<void> {
    try {
      while (this.client && this.outbox.size > 0) await this.notify(this.client);
    } catch (error) {
      this.logger.debug(`A wake-up call was not sent: ${messageOf(error)}`);
    }
  }

  private async notify(client: pg.Client): Promise<void> {
    const calls = [...this.outbox].slice(0, CALLS_PER_NOTIFY);
    for (const [about] of calls) this.outbox.delete(about);
    await client.query('SELECT pg_notify($1, $2)', [CHANNEL, calls.map(([, call]) => call).join(',')]);
  }

  private async poll(): Promise<void> {
    const { client } = this;
    if (this.polling || !client) return;
    this.polling = true;
    try {
      for (const [owner, topics] of this.watchedByOwner()) await this.pollOwner(client, owner, topics);
    } catch (error) {
      this.lost(client, error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.polling = false;
    }
  }

  private async pollOwner(client: pg.Client, owner: string, topics: Set<string>): Promise<void> {
    try {
      const { rows } = await client.query<{
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

  private watchedByOwner(): Map<string, Set<string>> {
    const owners = new Map<string, Set<string>>();
    for (const watcher of this.watchers) {
      for (const topic of watcher.topics) {
        const topics = owners.get(topic.owner) ?? new Set();
        owners.set(topic.owner, topics.add(topic.name));
      }
    }
    return owners;
  }
}
