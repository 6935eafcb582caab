import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { settingsDefinitions } from '#kernel';

const ROOT = resolve(import.meta.dirname, '..', '..');

/** Every group of settings of the built code. Definitions register themselves when their file is imported. */
export async function allSettings(): Promise<ReturnType<typeof settingsDefinitions>> {
  const sources = [
    ...globSync('libs/*/src/index.ts', { cwd: ROOT }).filter((file) => !file.includes('testkit')),
    ...globSync('services/*/src/*.config.ts', { cwd: ROOT }),
  ];
  for (const source of sources.sort()) {
    await import(pathToFileURL(join(ROOT, 'dist', source.replace(/\.ts$/, '.js'))).href);
  }
  return settingsDefinitions();
}
