import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Database } from '#database';
import type { Handler } from '#event-log';
import { CountedAppended, ResultAppended, asCounted, counted } from './test-events.js';

/** The consumer's own tables. Nothing in them is unique: an event that is applied twice shows. */
export class Effects1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `CREATE TABLE effect (nr bigserial, source text NOT NULL, number bigint NOT NULL, member text NOT NULL)`,
    );
    await runner.query(`CREATE TABLE total (source text PRIMARY KEY, events bigint NOT NULL)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE effect, total');
  }
}

/** Applies an event in three statements, one of them appending an event in turn. */
export function effectHandler(
  member: string,
  hold: (number: bigint) => Promise<void> = async () => undefined,
): Handler {
  return {
    schema: CountedAppended,
    one: async (message, { tx, tenantId }) => {
      const { source, number } = asCounted(message);
      await tx.query('INSERT INTO effect (source, number, member) VALUES ($1, $2, $3)', [
        source,
        String(number),
        member,
      ]);
      await hold(number);
      await tx.query(
        `INSERT INTO total (source, events) VALUES ($1, 1) ON CONFLICT (source) DO UPDATE SET events = total.events + 1`,
        [source],
      );
      tx.append(ResultAppended, counted(source, number), { tenantId });
    },
  };
}

export interface Account {
  /** Events with an effect. */
  readonly distinct: number;
  /** Effects; more than `distinct` if any event took effect twice. */
  readonly effects: number;
  /** What the running totals add up to. */
  readonly total: number;
  /** Events that the consumer appended in turn. */
  readonly results: number;
  /** Effects that came before an earlier number of their source. */
  readonly misordered: number;
}

/** Counts what a consumer has done, by its own tables. `results` is counted by the caller, who can read the log. */
export async function accountOf(database: Database, results: number): Promise<Account> {
  const rows = await database.query<Record<'distinct' | 'effects' | 'total' | 'misordered', string>>(
    `SELECT (SELECT count(*) FROM (SELECT DISTINCT source, number FROM effect) d) AS distinct,
            (SELECT count(*) FROM effect) AS effects,
            (SELECT coalesce(sum(events), 0) FROM total) AS total,
            (SELECT count(*) FROM (SELECT number, lag(number) OVER (PARTITION BY source ORDER BY nr) AS before FROM effect) o
             WHERE before >= number) AS misordered`,
  );
  const row = rows[0]!;
  return {
    distinct: Number(row.distinct),
    effects: Number(row.effects),
    total: Number(row.total),
    misordered: Number(row.misordered),
    results,
  };
}
