import { defineSettings, messageOf, setting, type SettingsOf } from '#kernel';
import { z } from 'zod';
import { readTrustedKeys } from './domain/update-file.js';

const keys = z
  .string()
  .default('')
  .transform((text, context) => {
    try {
      return readTrustedKeys(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: messageOf(error) });
      return z.NEVER;
    }
  });

export const UpdateSettings = defineSettings('catalog-updates', {
  folder: setting(
    'CATALOG_UPDATES',
    z.string().default(''),
    'The folder in which the catalog service looks for signed update files. Not set: it takes none.',
  ),
  seconds: setting(
    'CATALOG_UPDATE_SECONDS',
    z.coerce.number().int().min(1).max(86_400).default(60),
    'How often it looks there, in seconds.',
  ),
  keys: setting(
    'CATALOG_UPDATE_KEYS',
    keys,
    'The public keys whose signature counts, as `gnomon catalog keygen` prints them, with commas between. Not set: every update is refused.',
  ),
});
export type UpdateSettings = SettingsOf<typeof UpdateSettings>;
