import { DomainError, defineSettings, setting, type SettingsOf } from '#kernel';
import { z } from 'zod';

export const RedisSettings = defineSettings('redis', {
  url: setting(
    'REDIS_URL',
    z.url({ protocol: /^rediss?$/, error: 'must be a redis:// or rediss:// URL' }).optional(),
    'The Redis to use, where one is used: redis://user:password@host:6379/0, or rediss:// for TLS.',
  ),
  prefix: setting(
    'REDIS_PREFIX',
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'must be up to 64 letters, digits, hyphens and underscores')
      .default('gnomon'),
    'What all keys and channels in Redis begin with. Installations that share a Redis need different ones.',
  ),
});

export type RedisSettings = SettingsOf<typeof RedisSettings>;

/**
 * The URL, for what cannot do without one.
 *
 * @param because the setting that asks for Redis and its value, for the person who has to set the URL
 * @throws DomainError `settings.missing`
 */
export function redisUrl(settings: RedisSettings, because: string): string {
  if (settings.url) return settings.url;
  const message = `GNOMON_REDIS_URL is not set, and ${because}.`;
  throw new DomainError('unavailable', 'settings.missing', message, { field: 'GNOMON_REDIS_URL' });
}
