import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, DatabaseSettings, dataSourceOf, urlOfRunning } from '#database';
import { ParkingStore, type ParkedFilter, type ParkedRecord, type RequestKind } from '#event-log';
import { SERVICES, StandaloneSettings } from '../../services/standalone/src/standalone.config.js';

const MOST_LISTED = 1_000;
const LOOK_EVERY_MS = 200;

/** A parked record and whose it is. */
export interface ListedRecord extends ParkedRecord {
  readonly service: string;
}

export interface Outcome {
  /** How many records were meant. */
  readonly asked: number;
  /** How many of them are gone. */
  readonly done: number;
  /** Those that failed again. */
  readonly failed: readonly ListedRecord[];
  /** Those that nobody has looked at yet; the request stands. */
  readonly waiting: readonly ListedRecord[];
}

/** The parked records of one service or of all, in the tables of their consumers. */
export class ParkedAdmin {
  private constructor(private readonly databases: readonly Database[]) {}

  /** @throws if there is no such service, or no database to be found */
  static async open(service: string | undefined): Promise<ParkedAdmin> {
    const known = SERVICES as readonly string[];
    if (service !== undefined && !known.includes(service)) {
      throw new Error(`There is no service "${service}"; there are ${known.join(', ')}.`);
    }
    const url = DatabaseSettings.load().url ?? ownDatabase();
    const databases = (service ? [service] : known).map((schema) => {
      const options = { schema, url, migrations: [], poolSize: 2, statementTimeoutMs: 30_000 };
      return new Database(schema, dataSourceOf(options));
    });
    for (const { dataSource } of databases) await dataSource.initialize();
    return new ParkedAdmin(databases);
  }

  /** By service and group, oldest first, at most a thousand of each service. */
  async list(filter: ParkedFilter): Promise<ListedRecord[]> {
    const lists = this.databases.map(async (database) => {
      const found = await new ParkingStore(database).find(filter, MOST_LISTED);
      return found.map((parked) => ({ ...parked, service: database.schema }));
    });
    return (await Promise.all(lists)).flat();
  }

  /** Asks for something, and waits until it is done, for a while. */
  async ask(kind: RequestKind, filter: ParkedFilter, by: string, waitMs: number): Promise<Outcome> {
    const counts = this.databases.map((database) => new ParkingStore(database).request(kind, filter, by));
    const asked = (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
    for (const deadline = Date.now() + waitMs; ; await sleep(LOOK_EVERY_MS)) {
      const left = await this.list(filter);
      const waiting = left.filter((parked) => parked.request);
      if (waiting.length > 0 && Date.now() < deadline) continue;
      const failed = left.filter((parked) => !parked.request);
      return { asked, done: Math.max(0, asked - left.length), failed, waiting };
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.databases.map((database) => database.close()));
  }
}

function ownDatabase(): string {
  const directory = path.resolve(StandaloneSettings.load().dataDirectory);
  const url = urlOfRunning(path.join(directory, 'postgres'), 'gnomon');
  if (url) return url;
  throw new Error(`GNOMON_DATABASE_URL is not set, and no Postgres is running in ${directory} (GNOMON_DATA_DIR).`);
}
