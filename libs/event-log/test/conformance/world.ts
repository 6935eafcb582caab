import type { Database } from '#database';
import type { EventLog, EventLogSettings, TopicCatalog } from '#event-log';
import type { Health, SettingsOf } from '#kernel';

/** One process's worth of one service: its database and its event log. */
export interface Member {
  readonly database: Database;
  readonly log: EventLog;
  readonly health: Health;
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
  /** How a child process opens a member: `openMember(options & { connection })` of a module. */
  readonly child: { readonly module: string; readonly connection: unknown };
  /** Closes every member that is open. */
  close(): Promise<void>;
}

/** Makes a world. What a driver's test gives to the suite. */
export type MakeWorld = () => Promise<World>;
