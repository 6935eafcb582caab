import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const PROCESSES = 4;
/** Takes the lock at the time given, says whether it has it, and keeps it until its input ends. */
const SCRIPT = `
  import { OwnerLock } from '${new URL('../../../dist/libs/database/src/embedded/owner-lock.js', import.meta.url).href}';
  while (Date.now() < Number(process.argv[2]));
  const taken = await new OwnerLock(process.argv[1]).acquire().then(() => 'taken', () => 'refused');
  process.stdout.write(taken);
  process.stdin.resume();`;

describe('OwnerLock', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-lock-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it.each([
    ['no lock', undefined],
    ['the lock of a process that is gone', '4194304 1\n'],
    ['a lock that was never written', ''],
  ])('lets one of several processes in that start at once on %s', async (_, left) => {
    for (let round = 0; round < 2; round++) {
      for (const file of readdirSync(directory)) rmSync(path.join(directory, file));
      if (left !== undefined) writeFileSync(path.join(directory, 'owner'), left);
      const at = String(Date.now() + 700);
      const children = Array.from({ length: PROCESSES }, () =>
        spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, directory, at], {
          stdio: ['pipe', 'pipe', 'inherit'],
        }),
      );
      const answers = await Promise.all(
        children.map(async (child) => String(((await once(child.stdout, 'data')) as [Buffer])[0])),
      );
      for (const child of children) child.stdin.end();
      await Promise.all(children.map((child) => once(child, 'exit')));
      expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
    }
  });
});
