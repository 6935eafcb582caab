import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

export const JobsSettings = defineSettings('jobs', {
  backend: setting(
    'JOBS_BACKEND',
    z.enum(['postgres', 'redis']).default('postgres'),
    'Where jobs wait: postgres or redis. Redis needs GNOMON_REDIS_URL.',
  ),
  concurrency: setting(
    'JOBS_CONCURRENCY',
    z.coerce.number().int().positive().max(100).default(4),
    'How many jobs of a service one process works on at a time.',
  ),
  drainMs: setting(
    'JOBS_DRAIN_MS',
    z.coerce.number().int().positive().default(10_000),
    'How long a stopping process waits for running jobs, in milliseconds.',
  ),
  upkeepMs: setting(
    'JOBS_UPKEEP_MS',
    z.coerce.number().int().positive().max(60_000).default(30_000),
    'How often each process puts back schedules that were lost and, in Redis, sees to it that every key expires, in milliseconds.',
  ),
});
