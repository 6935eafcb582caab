import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSettings, EmbeddedPostgres } from '#database';
import { DomainError, SecretSettings, messageOf, provideSetting } from '#kernel';

const DATABASE = 'gnomon';

/** What the standalone process found or made in its data directory. */
export interface DataDirectory {
  /** Undefined where GNOMON_DATABASE_URL names another Postgres. */
  readonly postgres: EmbeddedPostgres | undefined;
}

/**
 * Starts Postgres on the data directory and hands its URL and the secret key to the settings.
 *
 * @param onLost called where Postgres ended by itself and cannot be kept up
 */
export async function openDataDirectory(directory: string, onLost: (reason: Error) => void): Promise<DataDirectory> {
  if (SecretSettings.load().key && DatabaseSettings.load().url) return { postgres: undefined };
  makeDirectory(directory);
  if (!SecretSettings.load().key) provideSetting('SECRET_KEY', secretKey(path.join(directory, 'secret-key')));
  if (DatabaseSettings.load().url) return { postgres: undefined };
  const postgres = await EmbeddedPostgres.start({ directory: path.join(directory, 'postgres'), onLost });
  try {
    await createDatabase(postgres);
  } catch (error) {
    await postgres.stop();
    throw error;
  }
  provideSetting('DATABASE_URL', postgres.url(DATABASE));
  return { postgres };
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o711 });
  } catch (error) {
    throw new DomainError(
      'unavailable',
      'settings.invalid',
      `GNOMON_DATA_DIR: ${directory} cannot be made (${messageOf(error)}). None is needed where both GNOMON_DATABASE_URL and GNOMON_SECRET_KEY are set.`,
      { field: 'GNOMON_DATA_DIR' },
    );
  }
}

function secretKey(file: string): string {
  if (!existsSync(file)) makeSecretKey(file);
  return readFileSync(file, 'utf8').trim();
}

/** Once, whole, and on the disk before it is used: what is sealed with a lost key cannot be read again. */
function makeSecretKey(file: string): void {
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, randomBytes(32).toString('base64url'), { mode: 0o600, flush: true });
  try {
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished);
  }
}

async function createDatabase(postgres: EmbeddedPostgres): Promise<void> {
  const DUPLICATE_DATABASE = '42P04';
  await postgres.execute(`CREATE DATABASE ${DATABASE}`).catch((error: { code?: string }) => {
    if (error.code !== DUPLICATE_DATABASE) throw error;
  });
}
