import { Injectable } from '@nestjs/common';
import { newId } from '#kernel';
import type { Tx } from '#database';
import type { Attempt } from './domain/attempt.js';

/** How many attempts of one actor are looked at; more than these can only say the same. */
const MAX_ATTEMPTS = 200;

/** A blocked attempt and who made it, as `actorKey` has it. */
export interface ActorAttempt extends Attempt {
  readonly actor: string;
}

/** Remembers blocked attempts for as long as they can be part of a repetition. */
@Injectable()
export class AttemptStore {
  /** The latest attempts of these actors between two times, by actor, in order of time. */
  async near(
    tx: Tx,
    tenantId: string,
    actors: readonly string[],
    from: Date,
    to: Date,
  ): Promise<Map<string, Attempt[]>> {
    const rows = await tx.query<AttemptRow>(
      `SELECT k.actor, a.app_id, a.first_at, a.last_at, a.count
       FROM unnest($2::text[]) AS k(actor)
       CROSS JOIN LATERAL (
         SELECT * FROM blocked_attempt b
         WHERE b.tenant_id = $1 AND md5(b.actor) = md5(k.actor) AND b.actor = k.actor
           AND b.last_at >= $3 AND b.first_at <= $4
         ORDER BY b.last_at DESC LIMIT ${MAX_ATTEMPTS}) a
       ORDER BY a.last_at`,
      [tenantId, [...new Set(actors)], from, to],
    );
    const attempts = new Map<string, Attempt[]>();
    for (const { actor, app_id: appId, first_at: firstAt, last_at: lastAt, count } of rows) {
      const attempt = { appId, firstAt, lastAt, count: BigInt(count) };
      attempts.set(actor, [...(attempts.get(actor) ?? []), attempt]);
    }
    return attempts;
  }

  async add(tx: Tx, tenantId: string, attempts: readonly ActorAttempt[], recordedAt: Date): Promise<void> {
    if (attempts.length === 0) return;
    await tx.query(
      `INSERT INTO blocked_attempt (tenant_id, attempt_id, actor, app_id, first_at, last_at, count, recorded_at)
       SELECT $1, x.*, $8 FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[],
         $7::bigint[]) AS x`,
      [
        tenantId,
        attempts.map(() => newId()),
        attempts.map(({ actor }) => actor),
        attempts.map(({ appId }) => appId),
        attempts.map(({ firstAt }) => firstAt),
        attempts.map(({ lastAt }) => lastAt),
        attempts.map(({ count }) => count.toString()),
        recordedAt,
      ],
    );
  }

  /** Forgets what was recorded before a time. */
  async forget(tx: Tx, tenantId: string, before: Date): Promise<void> {
    await tx.query('DELETE FROM blocked_attempt WHERE tenant_id = $1 AND recorded_at < $2', [tenantId, before]);
  }
}

interface AttemptRow {
  actor: string;
  app_id: string;
  first_at: Date;
  last_at: Date;
  count: string;
}
