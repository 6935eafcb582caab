import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { catalog } from '../../cli/catalog.js';

describe('signing catalog updates', () => {
  let folder: string;
  let apps: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gnomon-update-'));
    apps = join(folder, 'apps.jsonl');
    const app = { id: 'notes', name: 'Notes', category: 'PRODUCTIVITY', rules: ['notes.com'] };
    const header = { format: 1, version: '2026-01-02.001', sources: {} };
    writeFileSync(apps, [header, app].map((line) => `${JSON.stringify(line)}\n`).join(''));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function run(...args: string[]): Promise<string> {
    const log = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      await catalog(args);
      return log.mock.calls.map(([line]) => String(line)).join('\n');
    } finally {
      log.mockRestore();
    }
  }
  const inFolder = (name: string) => join(folder, name);
  const keygen = async (name: string) =>
    JSON.parse(await run('keygen', '--out', inFolder(name), '--json')) as { publicKey: string; keyId: string };

  it('makes a key, signs with it, and verifies with its public part', async () => {
    const { publicKey, keyId } = await keygen('key.pem');
    expect(statSync(inFolder('key.pem')).mode & 0o777).toBe(0o600);
    await expect(keygen('key.pem')).rejects.toThrow(/EEXIST/);
    const out = inFolder('update.gnomon');
    await run('pack', apps, '--key', inFolder('key.pem'), '--out', out);
    expect(JSON.parse(await run('verify', out, '--keys', publicKey, '--json'))).toEqual({
      kind: 'update',
      version: '2026-01-02.001',
      keyId,
      bytes: statSync(apps).size,
      apps: 1,
    });
    const other = await keygen('other.pem');
    await expect(run('verify', out, '--keys', other.publicKey)).rejects.toThrow(/is not trusted/);
    const bytes = readFileSync(out);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(out, bytes);
    await expect(run('verify', out, '--keys', publicKey)).rejects.toThrow(/hash that was signed/);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('signs an order to roll back', async () => {
    const { publicKey, keyId } = await keygen('key.pem');
    const out = inFolder('back.gnomon');
    await run('rollback', '2026-01-02.001', '--key', inFolder('key.pem'), '--out', out);
    expect(await run('verify', out, '--keys', publicKey)).toBe(
      `An order to go back behind version 2026-01-02.001, signed by ${keyId}.`,
    );
  });

  it('packs nothing that is not whole, and under no name that nobody sees', async () => {
    await keygen('key.pem');
    const packed = (out: string) => run('pack', apps, '--key', inFolder('key.pem'), '--out', inFolder(out));
    await expect(packed('update.bin')).rejects.toThrow(/must end in .gnomon/);
    writeFileSync(apps, `${readFileSync(apps, 'utf8')}{"id":"half"}\n`);
    await expect(packed('update.gnomon')).rejects.toThrow(/not whole: line 3/);
    expect(await catalogExit('pack', apps)).toBe(2);
    expect(await catalogExit('nothing')).toBe(2);
  });

  async function catalogExit(...args: string[]): Promise<number> {
    const stderr = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    try {
      return await catalog(args);
    } finally {
      stderr.mockRestore();
    }
  }
});
