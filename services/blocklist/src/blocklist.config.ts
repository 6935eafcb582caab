import { defineSettings, setting, type SettingsOf } from '#kernel';
import { z } from 'zod';

const count = (standard: number) => z.coerce.number().int().positive().default(standard);

export const BlocklistSettings = defineSettings('blocklist', {
  lifetimeHours: setting(
    'BLOCKLIST_LIFETIME_HOURS',
    count(168),
    'How long a signed block list is valid, in hours. It is signed anew at half of that.',
  ),
  keepRevisions: setting(
    'BLOCKLIST_KEEP_REVISIONS',
    count(20),
    'How many revisions of each device group’s block list are kept.',
  ),
  maxWaiting: setting(
    'BLOCKLIST_MAX_WAITING',
    count(20_000),
    'How many agents of one process may wait for a new block list at a time. Others are answered at once.',
  ),
  cachedLists: setting(
    'BLOCKLIST_CACHED_LISTS',
    count(2_000),
    'How many current block lists one process keeps in memory.',
  ),
  maxPendingReports: setting(
    'BLOCKLIST_MAX_PENDING_REPORTS',
    count(20_000),
    'How many deliveries and reports of agents may wait to be written. Reports above that are answered 503.',
  ),
  httpPort: setting(
    'BLOCKLIST_HTTP_PORT',
    z.coerce.number().int().min(0).max(65_535).default(8084),
    'The port of the block list service when it runs as a process of its own.',
  ),
  httpHost: setting('BLOCKLIST_HTTP_HOST', z.string().min(1).default('127.0.0.1'), 'The address it listens on then.'),
  publicUrl: setting(
    'BLOCKLIST_PUBLIC_URL',
    z
      .url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' })
      .transform((url) => url.replace(/\/+$/, ''))
      .optional(),
    'The URL under which devices reach the block page. Not set: the server that an agent talks to.',
  ),
});
export type BlocklistSettings = SettingsOf<typeof BlocklistSettings>;
