import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_UPDATE_BYTES, UPDATE_SUFFIX, UpdateProblem } from './domain/update-file.js';

/** A file of the folder; `state` changes when its content may have. */
export interface FoundUpdate {
  readonly name: string;
  readonly state: string;
}

/** The most update files that are looked at. */
const MAX_FILES = 200;

/** The files of a folder that are called as updates are, in the order of their names; the last ones of very many. */
export async function findUpdates(folder: string): Promise<FoundUpdate[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(UPDATE_SUFFIX) && !name.startsWith('.'));
  const found: FoundUpdate[] = [];
  for (const name of names.sort().slice(-MAX_FILES)) {
    // A file may be gone again, and a link could lead anywhere.
    const stats = await lstat(join(folder, name)).catch(() => undefined);
    if (stats?.isFile()) found.push({ name, state: `${stats.ino} ${stats.size} ${stats.mtimeMs}` });
  }
  return found;
}

/** The bytes of an update file. @throws UpdateProblem where they are too many */
export async function readUpdate(folder: string, name: string): Promise<Buffer> {
  const handle = await open(join(folder, name));
  try {
    const { size } = await handle.stat();
    if (size > MAX_UPDATE_BYTES) {
      throw new UpdateProblem('too-large', `The file is larger than ${MAX_UPDATE_BYTES >> 20} MB.`);
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
