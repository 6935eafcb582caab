import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { projectRoot } from '../project-root.js';

/** As in the `start` script: V8's young generation is kept small, which saves some 80 MB of resident memory. */
export const NODE_FLAGS = ['--no-warnings', '--max-semi-space-size=8'];

/** What a process of ours is told of this one's environment: what it needs, and no settings. */
export function bareEnvironment(): Record<string, string | undefined> {
  const { PATH, HOME, TMPDIR } = process.env;
  return { PATH, HOME, TMPDIR, GNOMON_LOG_LEVEL: 'warn' };
}

/** Runs a built file to its end. @returns what it printed, and how it ended */
export async function runNode(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [...NODE_FLAGS, ...args], {
    cwd: projectRoot(),
    env: { ...bareEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, output };
}
