import { defineSettings, setting, type SettingsOf } from '#kernel';
import { z } from 'zod';

const count = (standard: number) => z.coerce.number().int().positive().default(standard);

export const CatalogSettings = defineSettings('catalog', {
  file: setting('CATALOG_FILE', z.string().default(''), 'The catalog file to load. Not set: the one that is shipped.'),
  maxCustomApps: setting('CATALOG_MAX_CUSTOM_APPS', count(1_000), 'How many apps of its own a tenant may add.'),
  maxOverrides: setting(
    'CATALOG_MAX_SCORE_OVERRIDES',
    count(10_000),
    'For how many apps a tenant may set the score by hand.',
  ),
  maxSavedQueries: setting(
    'CATALOG_MAX_SAVED_QUERIES',
    count(200),
    'How many searches of the catalog a tenant may save.',
  ),
  httpPort: setting(
    'CATALOG_HTTP_PORT',
    z.coerce.number().int().min(0).max(65_535).default(8085),
    'The port of the catalog service when it runs as a process of its own.',
  ),
  httpHost: setting('CATALOG_HTTP_HOST', z.string().min(1).default('127.0.0.1'), 'The address it listens on then.'),
});
export type CatalogSettings = SettingsOf<typeof CatalogSettings>;
