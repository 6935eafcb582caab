import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

export const PolicySettings = defineSettings('policy', {
  httpPort: setting(
    'POLICY_HTTP_PORT',
    z.coerce.number().int().min(0).max(65_535).default(8083),
    'The port of the policy service when it runs as a process of its own.',
  ),
  httpHost: setting('POLICY_HTTP_HOST', z.string().min(1).default('127.0.0.1'), 'The address it listens on then.'),
  maxPolicies: setting(
    'POLICY_MAX_POLICIES',
    z.coerce.number().int().min(1).max(10_000).default(500),
    'How many policies a tenant may have.',
  ),
  batchSize: setting(
    'POLICY_BATCH_SIZE',
    z.coerce.number().int().min(1).max(5_000).default(500),
    'How many apps are written or evaluated in one statement.',
  ),
});
