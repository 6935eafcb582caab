import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

export const AccessSettings = defineSettings('access', {
  maxCredentials: setting(
    'ACCESS_MAX_CREDENTIALS',
    z.coerce.number().int().positive().default(500_000),
    'How many API tokens and devices each process keeps in memory to check callers. Those beyond are asked for one by one.',
  ),
  maxRefusals: setting(
    'ACCESS_MAX_REFUSALS',
    z.coerce.number().int().positive().default(10_000),
    'How many refused credentials each process remembers.',
  ),
  refusalSeconds: setting(
    'ACCESS_REFUSAL_SECONDS',
    z.coerce.number().int().positive().default(30),
    'For how many seconds a refused credential is refused again without asking.',
  ),
  maxLookups: setting(
    'ACCESS_MAX_LOOKUPS',
    z.coerce.number().int().positive().default(32),
    'How many unknown credentials each process asks for at the same time. More are answered 503.',
  ),
});
