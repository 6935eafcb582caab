import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

export const JobsSettings = defineSettings('jobs', {
  backend: setting(
    'JOBS_BACKEND',
    z.enum(['postgres', 'redis']).default('postgres'),
    'Where jobs wait: postgres or redis. Redis needs GNOMON_REDIS_URL.',
  ),
  redisUrl: setting(
    'REDIS_URL',
    z.url({ protocol: /^rediss?$/, error: 'must be a redis:// URL' }).optional(),
    'The Redis to use, where one is used.',
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
});
