import { Logger } from '@nestjs/common';
import { messageOf } from '#kernel';
import pg from 'pg';
import type { WakeUpListener, WakeUps } from './wake-ups.js';

const CHANNEL = 'gnomon_event_log';
const MAX_RECONNECT_MS = 1_000;
const QUERY_TIMEOUT_MS = 10_000;

/**
 * One connection of its own to a database, which comes back when it is lost: for looking at how far the log reaches and,
 * where nothing else is used for them, for wake-up calls by LISTEN and NOTIFY.
 *
 * NOTIFY is sent after the commit and not inside it: inside, Postgres takes one lock for the whole database from there to
 * the end of the commit, which makes all commits wait for each other's fsync. A call that is lost this way (a process
 * that dies between the two) costs one interval of polling.
 */
export class DatabaseLine implements WakeUps {
  private readonly logger = new Logger('EventLog');
  private readonly stopped = new AbortController();
  private readonly listeners = new Set<WakeUpListener>();
  private client: pg.Client | undefined;
  private failing = false;
  private connecting: Promise<void> | undefined;

  constructor(
    private readonly url: string,
    private readonly options: { readonly listens: boolean },
  ) {}

  get open(): boolean {
    return this.client !== undefined;
  }

  /** Connects, if it has not been asked to before. */
  start(): void {
    if (!this.client && !this.stopped.signal.aborted) this.connect();
  }

  async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[]): Promise<Row[]> {
    const { client } = this;
    if (!client) throw new Error('There is no connection.');
    return (await client.query<Row>(sql, [...values])).rows;
  }

  async send(call: string): Promise<void> {
    await this.query('SELECT pg_notify($1, $2)', [CHANNEL, call]);
  }

  listen(listener: WakeUpListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes a new connection: this one is of no use any more. */
  replace(error: unknown): void {
    if (this.client) this.lost(this.client, error instanceof Error ? error : new Error(String(error)));
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.connecting;
    const { client } = this;
    this.client = undefined;
    await client?.end().catch(() => undefined);
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
        await client.query(`SET synchronous_commit = off${this.options.listens ? `; LISTEN ${CHANNEL}` : ''}`);
        if (this.failing) this.logger.log('The event log hears of new events again');
        this.failing = false;
        this.client = client;
        for (const listener of this.listeners) listener.onOpen();
        return;
      } catch (error) {
        if (!this.failing) this.logger.warn(`The event log cannot hear of new events: ${messageOf(error)}`);
        this.failing = true;
        await client.end().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, wait));
      }
    }
  }

  private heard(call: string): void {
    for (const listener of this.listeners) listener.onCall(call);
  }

  private lost(client: pg.Client, error?: Error): void {
    if (this.client !== client) return;
    this.client = undefined;
    if (this.stopped.signal.aborted) return;
    this.failing = true;
    const reason = error ? messageOf(error) : 'the connection was closed';
    this.logger.warn(`The event log lost the connection on which it hears of new events: ${reason}`);
    client.end().catch(() => undefined);
    this.connect();
  }
}
