import { setTimeout as sleep } from 'node:timers/promises';
import { EmbeddedPostgres } from '#database';
import { freePort } from '../servers/free-port.js';
import { isAlive, processTree, signalTree } from './process-tree.js';
import type { Server } from './server-part.js';

const DATABASE = 'gnomon';
const DUPLICATE_DATABASE = '42P04';

/** The embedded Postgres with a database for the product. It does not come up again by itself after it was killed. */
export class PostgresServer implements Server {
  private isUp = true;

  private constructor(
    private readonly directory: string,
    private postgres: EmbeddedPostgres,
  ) {}

  static async start(directory: string): Promise<PostgresServer> {
    const postgres = await EmbeddedPostgres.start({ directory, port: await freePort() });
    await postgres.execute(`CREATE DATABASE ${DATABASE}`).catch((error: { code?: string }) => {
      if (error.code !== DUPLICATE_DATABASE) throw error;
    });
    return new PostgresServer(directory, postgres);
  }

  get pid(): number | undefined {
    return this.isUp ? this.postgres.pid : undefined;
  }

  get url(): string {
    return this.postgres.url(DATABASE);
  }

  get port(): number {
    return this.postgres.port;
  }

  async execute(sql: string): Promise<void> {
    await this.postgres.execute(sql, DATABASE);
  }

  async kill(): Promise<void> {
    if (!this.isUp) return;
    const processes = processTree(this.postgres.pid);
    // Before its end is noticed it is told to stop: so it is not revived.
    signalTree(this.postgres.pid, 'SIGKILL');
    await this.stop();
    while (processes.some(isAlive)) await sleep(10);
  }

  async restart(): Promise<void> {
    if (this.isUp) return;
    this.postgres = await EmbeddedPostgres.start({ directory: this.directory, port: this.port });
    this.isUp = true;
  }

  async stop(): Promise<void> {
    if (!this.isUp) return;
    this.isUp = false;
    await this.postgres.stop();
  }
}
