import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readCompose, type ComposeFile } from '../compose-file.js';
import type { Facts } from '../facts.js';
import { renderKustomization } from '../kustomize.js';

export const ROOT = path.resolve(import.meta.dirname, '..', '..', '..');

export const ENV = {
  POSTGRES_PASSWORD: 'a',
  REDIS_PASSWORD: 'b',
  GNOMON_SECRET_KEY: 'c',
  GNOMON_SERVICE_KEY: 'd',
};

/** What `.ci/run` finds out from the built code, here from its documentation and by hand. */
export const FACTS: Facts = {
  settings: new Set(read('docs/settings.md').match(/GNOMON_\w+/g)),
  partitions: new Map([
    ['telemetry', 8],
    ['policy', 4],
    ['blocklist', 4],
    ['correlator', 4],
  ]),
};

export function read(file: string): string {
  return readFileSync(path.join(ROOT, file), 'utf8');
}

/** The larger of the two overlays as it is in the repository, to be changed at will. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests break it where no type would let them
export function manifests(): any[] {
  return structuredClone(renderKustomization(path.join(ROOT, 'k8s/large')));
}

export function composeFile(): ComposeFile {
  return structuredClone(readCompose(read('docker-compose.yml'), ENV));
}
