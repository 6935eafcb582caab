import { Logger } from '@nestjs/common';
import { correlationId } from '#kernel';
import type { DataSource } from 'typeorm';
import { rowsOf } from './rows.js';
import { sqlState } from './sql-state.js';
import { Tx, type AppendedEvent } from './tx.js';

const MAX_ATTEMPTS = 5;
const RETRIED_STATES = new Set(['40001', '40P01']);

/** Runs as the last thing before a commit, in the same transaction. */
export type BeforeCommit = (tx: Tx, appended: readonly AppendedEvent[]) => Promise<void>;

/**
 * One service's own Postgres schema. Table names in its SQL are unqualified: the schema is on the search path of every
 * connection, alone.
 */
export class Database {
  private readonly logger = new Logger(Database.name);
  private readonly beforeCommit: BeforeCommit[] = [];

  constructor(
    readonly schema: string,
    readonly dataSource: DataSource,
  ) {}

  /** Adds work to the end of every transaction of this service. The event log writes what was appended there. */
  onBeforeCommit(hook: BeforeCommit): void {
    this.beforeCommit.push(hook);
  }

  /**
   * Runs `work` in one transaction (READ COMMITTED). Deadlocks and serialisation failures run it again from the start,
   * at most five times; so `work` keeps its effects outside the database for `tx.afterCommit`.
   */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS || !isRetried(error)) throw error;
        this.logger.debug(`Transaction is run again (attempt ${attempt + 1}): ${String(error)}`);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * 2 ** attempt));
      }
    }
  }

  /** One statement outside any transaction: for reads. */
  async query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]> {
    return rowsOf<Row>(await this.dataSource.query(sql, parameters as unknown[] | undefined));
  }

  async close(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    await runner.connect();
    try {
      await runner.startTransaction();
      const tx = new Tx(runner, correlationId());
      const result = await work(tx);
      const appended = tx.sealAppended();
      for (const hook of this.beforeCommit) await hook(tx, appended);
      await runner.commitTransaction();
      tx.runAfterCommit((error) => this.logger.error(error instanceof Error ? error : String(error)));
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await runner.release().catch(() => undefined);
    }
  }
}

function isRetried(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && RETRIED_STATES.has(state);
}
