import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { generateUpdateKey } from '../../services/catalog/src/domain/update-file.js';
import type { UpdateFolder } from './catalog-update.js';

/** A folder of updates and a key made for one run, and the settings by which a product follows them. */
export interface OwnUpdates extends UpdateFolder {
  readonly environment: Readonly<Record<string, string>>;
  remove(): void;
}

const LOOK_SECONDS = 1;

export function ownUpdates(): OwnUpdates {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gnomon-updates-'));
  const { privatePem, publicText } = generateUpdateKey();
  return {
    folder,
    privateKey: privatePem,
    environment: {
      GNOMON_CATALOG_UPDATES: folder,
      GNOMON_CATALOG_UPDATE_KEYS: publicText,
      GNOMON_CATALOG_UPDATE_SECONDS: String(LOOK_SECONDS),
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The folder that a product elsewhere follows, as the command line names it; undefined where it does not. */
export function namedUpdates(folder: string | undefined, keyFile: string | undefined): UpdateFolder | undefined {
  return folder && keyFile ? { folder, privateKey: readFileSync(keyFile, 'utf8') } : undefined;
}
