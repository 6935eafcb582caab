import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { parseCatalogFile, type CatalogFile } from '../../services/catalog/src/domain/catalog-file.js';
import {
  MAX_CATALOG_BYTES,
  MAX_UPDATE_BYTES,
  openUpdate,
  packUpdate,
  readPrivateKey,
  type TrustedKey,
  type UpdateHeader,
} from '../../services/catalog/src/domain/update-file.js';

/** Packs the text of a catalog file and signs it. @throws Error where a line of it is wrong, or it is too large */
export function packCatalog(text: string, privatePem: string): Buffer {
  const plain = Buffer.from(text);
  if (plain.length > MAX_CATALOG_BYTES) throw new Error(`The catalog is larger than ${MAX_CATALOG_BYTES >> 20} MB.`);
  const { version } = wholeCatalog(text);
  const update = { kind: 'update', version, bytes: plain.length, body: gzipSync(plain, { level: 9 }) } as const;
  const file = packUpdate(update, readPrivateKey(privatePem));
  if (file.length > MAX_UPDATE_BYTES) throw new Error(`The update is larger than ${MAX_UPDATE_BYTES >> 20} MB.`);
  return file;
}

/** A signed order to go back behind a version. */
export function packRollback(version: string, privatePem: string): Buffer {
  return packUpdate({ kind: 'rollback', version, bytes: 0, body: Buffer.alloc(0) }, readPrivateKey(privatePem));
}

/** What a service would make of an update file: how many apps it brings. @throws Error saying why it would refuse it */
export function checkUpdate(path: string, keys: readonly TrustedKey[]): { header: UpdateHeader; apps: number } {
  if (statSync(path).size > MAX_UPDATE_BYTES) throw new Error(`The file is larger than ${MAX_UPDATE_BYTES >> 20} MB.`);
  const { header, body } = openUpdate(readFileSync(path), keys);
  if (header.kind === 'rollback') return { header, apps: 0 };
  const plain = inflate(body, header.bytes);
  const { version, apps } = wholeCatalog(plain.toString('utf8'));
  if (version !== header.version) throw new Error(`The catalog inside has version ${version}.`);
  return { header, apps: apps.length };
}

/** Writes a file so that whoever looks sees all of it or nothing. */
export function writeWhole(path: string, bytes: Buffer): void {
  const unfinished = join(dirname(path), `.${basename(path)}.${process.pid}`);
  writeFileSync(unfinished, bytes);
  renameSync(unfinished, path);
}

function inflate(body: Buffer, bytes: number): Buffer {
  let plain: Buffer | undefined;
  try {
    plain = gunzipSync(body, { maxOutputLength: Math.max(1, bytes) });
  } catch {
    plain = undefined;
  }
  if (plain?.length !== bytes) throw new Error('The catalog inside does not have the length that was signed.');
  return plain;
}

function wholeCatalog(text: string): CatalogFile {
  const file = parseCatalogFile(text);
  const [problem] = file.problems;
  if (problem) throw new Error(`The catalog is not whole: ${problem.message}.`);
  return file;
}
