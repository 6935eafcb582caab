import type { Database } from '#database';
import type { EventLog, EventLogSettings, TopicCatalog } from '#event-log';
import type { Health, SettingsOf } from '#kernel';

/** One process's worth of one service: its database and its event log. */
export interface Member {
  readonly database: Database;
  readonly log: EventLog;
  readonly health: Health;
  /**
   * Resolves once all that any member has committed so far is in the log. Where a log is filled from an outbox, the last
   * of it is still on its way for a moment; the suite compares what was written with what can be read only after that.
   */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface MemberOptions {
  readonly service: Service;
  readonly settings?: Partial<SettingsOf<typeof EventLogSettings>>;
  /** Default: the suite's. */
  readonly catalog?: TopicCatalog;
}

/** The suite's two services. `producer` owns the topics; `consumer` has the tables of `effects.ts`, and topic `result`. */
export type Service = 'producer' | 'consumer';
export const SERVICES: readonly Service[] = ['producer', 'consumer'];

/** A fresh log, as one driver makes it. */
export interface World {
  open(options: MemberOptions): Promise<Member>;
  /** Has retention and compaction done, as if it were `now`. */
  maintain(member: Member, now: Date): Promise<void>;
  /** How exactly retention and compaction are kept. */
  readonly upkeep: Upkeep;
  /** How a child process opens a member: `openMember(options & { connection })` of a module. */
  readonly child: { readonly module: string; readonly connection: unknown };
  /** Closes every member that is open. */
  close(): Promise<void>;
}

export interface Upkeep {
  /** What is removed at a time: so many bytes more than its limit may a partition hold. 0: single records. */
  readonly segmentBytes: number;
  /** Whether compaction leaves alone what was appended since the last time. */
  readonly sparesTheTail: boolean;
}

/** Makes a world. What a driver's test gives to the suite. */
export type MakeWorld = () => Promise<World>;
