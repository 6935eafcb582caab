import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { catalog } from '../../cli/catalog.js';

describe('the command that measures apps', () => {
  let data: string;
  let out: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'gnomon-collect-'));
    out = join(data, 'measured.jsonl');
    // Without a host there is nothing to connect to.
    const tool = { id: 'tool', name: 'Tool', category: 'PRODUCTIVITY', rules: ['process:tool'] };
    const lines = [{ format: 1, version: '1', sources: {} }, tool].map((line) => JSON.stringify(line));
    writeFileSync(join(data, 'apps.jsonl'), lines.join('\n'));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(data, { recursive: true });
  });

  const run = (...args: string[]) => catalog(['collect', '--data', data, '--out', out, ...args]);

  it('says what it did of each app, and writes its file', async () => {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const progress = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    expect(await run('--apps', 'tool,tool', '--json')).toBe(0);
    expect(JSON.parse(String(log.mock.calls[0]?.[0]))).toEqual([
      { app: 'tool', host: '', lines: [], problems: ['it has no host'] },
    ]);
    expect(progress.mock.calls.map(([line]) => line)).toEqual(['1/1  tool (): 0 values\n']);
    expect(readFileSync(out, 'utf8')).toBe('');
  });

  it('refuses what it cannot do before it connects anywhere', async () => {
    await expect(run('--apps', 'nobody')).rejects.toThrow(/no app nobody/);
    await expect(run('--apps', 'tool', '--rate', '0')).rejects.toThrow(/--rate must be a number/);
    await expect(run('--apps', 'tool', '--parallel', '')).rejects.toThrow(/--parallel must be/);
    await expect(run('--apps', 'tool', '--rdap', 'http://rdap.example.net/')).rejects.toThrow(/https/);
    await expect(run('--apps', 'tool', '--date', '2026-02-30')).rejects.toThrow(/YYYY-MM-DD/);
  });
});
