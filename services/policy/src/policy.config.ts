import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

export const PolicySettings = defineSettings('policy', {
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
