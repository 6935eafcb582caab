import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

export const DatabaseSettings = defineSettings('database', {
  url: setting(
    'DATABASE_URL',
    z.url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' }).optional(),
    'The Postgres to use. The standalone process brings its own when this is not set.',
  ),
  poolSize: setting(
    'DATABASE_POOL_SIZE',
    z.coerce.number().int().min(2).max(100).default(8),
    'The most connections each service of a process opens.',
  ),
  statementTimeoutMs: setting(
    'DATABASE_STATEMENT_TIMEOUT_MS',
    z.coerce.number().int().positive().default(30_000),
    'After how many milliseconds a statement is given up.',
  ),
  migrate: setting(
    'MIGRATE',
    z.stringbool().default(true),
    'Whether a process brings the tables of its services up to date when it starts. Off: `npm run migrate` does, and a process that finds them behind says so and ends.',
  ),
});
