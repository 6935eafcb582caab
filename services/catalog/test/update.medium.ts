import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppChangeKind } from '#contracts';
import { generateUpdateKey, packUpdate, readPrivateKey, type UpdateKind } from '../src/domain/update-file.js';
import type { UpdateService } from '../src/update.service.js';
import { CatalogWorld, fileOf, tenant } from './catalog-world.js';

const notes = { id: 'notes', name: 'Notes', category: 'PRODUCTIVITY', rules: ['notes.com'] };
const key = generateUpdateKey();

describe('catalog updates', () => {
  let world: CatalogWorld;
  let folder: string;
  let updates: UpdateService;

  /** An instance that has just started with this shipped file. */
  async function start(shipped: string): Promise<UpdateService> {
    const path = join(folder, 'shipped.jsonl');
    writeFileSync(path, shipped);
    const loader = world.loader({ GNOMON_CATALOG_FILE: path });
    await loader.onApplicationBootstrap();
    const environment = { GNOMON_CATALOG_UPDATES: folder, GNOMON_CATALOG_UPDATE_KEYS: key.publicText };
    return world.updates(environment, loader);
  }

  function put(name: string, version: string, text: string, more: { kind?: UpdateKind; pem?: string } = {}): Buffer {
    const { kind = 'update', pem = key.privatePem } = more;
    const body = kind === 'update' ? gzipSync(text) : Buffer.alloc(0);
    const bytes = packUpdate({ kind, version, bytes: Buffer.byteLength(text), body }, readPrivateKey(pem));
    writeFileSync(join(folder, `${name}.gnomon`), bytes);
    return bytes;
  }

  const status = async () => {
    const { loaded, refusal, rolledBackVersion } = await updates.status();
    return { version: loaded?.version, source: loaded?.source, refused: refusal?.code, rolledBackVersion };
  };
  const catalogOf = (version: string, name = 'Notes') => fileOf(version, { ...notes, name });
  const nameNow = async () => (await world.rpc.getApps({ ids: ['notes'] }, tenant('t'))).apps[0]?.name;

  beforeEach(async () => {
    world = await CatalogWorld.open();
    folder = mkdtempSync(join(tmpdir(), 'gnomon-updates-'));
    updates = await start(catalogOf('1'));
    world.events();
  });
  afterEach(async () => {
    await updates.onModuleDestroy();
    await world.close();
    rmSync(folder, { recursive: true });
  });

  it('loads the newest, announces what moved, and says where it came from', async () => {
    put('a', '3', fileOf('3', { ...notes, name: 'Notes AI', aiKind: 'ASSISTANT' }));
    put('b', '2', catalogOf('2', 'Notes 2'));
    await updates.look();
    expect(await status()).toMatchObject({ version: '3', source: 'a.gnomon', refused: 'catalog.update-older' });
    expect(world.events().map(({ event }) => event.changes)).toEqual([
      [AppChangeKind.CATEGORY, AppChangeKind.GENERATIVE_AI, AppChangeKind.DETAILS],
    ]);
    expect((await updates.status()).apps).toBe(1);
    await updates.look();
    expect(world.events()).toEqual([]);
  });

  it('refuses what is tampered with, unsigned, signed by another key, older or not whole', async () => {
    const refusedBy = async (name: string) => {
      await updates.look();
      const { refusal } = await updates.status();
      expect([refusal?.file, (await status()).version]).toEqual([`${name}.gnomon`, '1']);
      return refusal?.code;
    };
    const bytes = put('tampered', '2', catalogOf('2'));
    bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 1;
    writeFileSync(join(folder, 'tampered.gnomon'), bytes);
    expect(await refusedBy('tampered')).toBe('catalog.update-tampered');
    put('stranger', '2', catalogOf('2'), { pem: generateUpdateKey().privatePem });
    expect(await refusedBy('stranger')).toBe('catalog.update-unknown-key');
    writeFileSync(join(folder, 'unsigned.gnomon'), bytes.toString('latin1').replace(/"signature":"[^"]*"/, '"x":1'));
    expect(await refusedBy('unsigned')).toBe('catalog.update-unsigned');
    writeFileSync(join(folder, 'plain.gnomon'), catalogOf('2'));
    expect(await refusedBy('plain')).toBe('catalog.update-not-an-update');
    put('older', '0', catalogOf('0'));
    expect(await refusedBy('older')).toBe('catalog.update-older');
    put('other-version', '2', catalogOf('9'));
    expect(await refusedBy('other-version')).toBe('catalog.update-invalid');
    put('half', '2', `${catalogOf('2')}\n{"id":"broken"}`);
    expect(await refusedBy('half')).toBe('catalog.update-invalid');
    const bomb = { kind: 'update', version: '2', bytes: 10, body: gzipSync(Buffer.alloc(10_000_000)) } as const;
    writeFileSync(join(folder, 'bomb.gnomon'), packUpdate(bomb, readPrivateKey(key.privatePem)));
    expect(await refusedBy('bomb')).toBe('catalog.update-invalid');
    expect(world.events()).toEqual([]);

    put('tampered', '2', catalogOf('2', 'Put right'));
    await updates.look();
    expect(await status()).toMatchObject({ version: '2', source: 'tampered.gnomon' });
    expect(await nameNow()).toBe('Put right');
  });

  it('keeps an update over a restart, until a newer catalog is shipped', async () => {
    put('a', '2', catalogOf('2', 'Notes 2'));
    await updates.look();
    updates = await start(catalogOf('1'));
    await updates.look();
    expect([await nameNow(), (await status()).version]).toEqual(['Notes 2', '2']);
    updates = await start(catalogOf('3', 'Notes 3'));
    await updates.look();
    expect([await nameNow(), await status()]).toEqual(['Notes 3', expect.objectContaining({ source: 'shipped' })]);
    expect((await status()).refused).toBeUndefined();
  });

  it('rolls back by a signed order, and stays there until a newer version comes', async () => {
    put('good', '2', catalogOf('2', 'Good'));
    await updates.look();
    put('bad', '3', catalogOf('3', 'Bad'));
    await updates.look();
    expect(await nameNow()).toBe('Bad');
    put('order', '3', '', { kind: 'rollback', pem: generateUpdateKey().privatePem });
    await updates.look();
    expect([await nameNow(), (await status()).refused]).toEqual(['Bad', 'catalog.update-unknown-key']);
    world.events();

    put('order', '3', '', { kind: 'rollback' });
    await updates.look();
    expect(await nameNow()).toBe('Good');
    expect(await status()).toMatchObject({ version: '2', source: 'good.gnomon', rolledBackVersion: '3' });
    expect(world.events().map(({ event }) => event.app?.name)).toEqual(['Good']);

    for (const shipped of [catalogOf('1'), catalogOf('3', 'Bad')]) {
      updates = await start(shipped);
      await updates.look();
      expect(await nameNow()).toBe('Good');
    }
    put('between', '2.5', catalogOf('2.5', 'Between'));
    await updates.look();
    expect([await nameNow(), (await status()).refused]).toEqual(['Good', 'catalog.update-rolled-back']);
    put('next', '4', catalogOf('4', 'Next'));
    await updates.look();
    expect(await nameNow()).toBe('Next');
  });

  it('goes back to the shipped catalog where no other is known, and never behind it', async () => {
    put('first', '2', catalogOf('2', 'First'));
    await updates.look();
    put('order', '2', '', { kind: 'rollback' });
    await updates.look();
    expect([await nameNow(), (await status()).source]).toEqual(['Notes', 'shipped']);
    put('order-2', '1', '', { kind: 'rollback' });
    await updates.look();
    expect(await status()).toMatchObject({ version: '1', rolledBackVersion: '2' });
  });

  it('never goes back to a version that was rolled back itself', async () => {
    for (const [version, name] of [
      ['2', 'Good'],
      ['3', 'Bad'],
    ] as const) {
      put(name, version, catalogOf(version, name));
      await updates.look();
    }
    put('order-3', '3', '', { kind: 'rollback' });
    await updates.look();
    put('worse', '4', catalogOf('4', 'Worse'));
    await updates.look();
    expect(await nameNow()).toBe('Worse');
    put('order-4', '4', '', { kind: 'rollback' });
    await updates.look();
    expect([await nameNow(), (await status()).rolledBackVersion]).toEqual(['Good', '4']);
    // What it went back to turns out to be bad as well.
    put('order-2', '2', '', { kind: 'rollback' });
    await updates.look();
    expect([await nameNow(), (await status()).version]).toEqual(['Notes', '1']);
    updates = await start(catalogOf('3', 'Bad'));
    await updates.look();
    expect([await nameNow(), await status()]).toMatchObject(['Notes', { version: '1', rolledBackVersion: '4' }]);
    expect((await status()).refused).toBeUndefined();
  });

  it('does not take an order that leads nowhere', async () => {
    put('order', '1', '', { kind: 'rollback' });
    await updates.look();
    expect(await status()).toMatchObject({ version: '1', refused: 'catalog.update-nothing-before' });
    expect((await status()).rolledBackVersion).toBe('');
  });

  it('finishes a rollback that was broken off', async () => {
    put('a', '2', catalogOf('2', 'Bad'));
    await updates.look();
    await world.database.transaction((tx) =>
      tx.query(`INSERT INTO catalog_barrier (version) VALUES ('2') ON CONFLICT DO NOTHING`),
    );
    updates = await start(catalogOf('1'));
    await updates.look();
    expect(await nameNow()).toBe('Notes');
  });

  it('is done once by instances that look at the same time', async () => {
    put('a', '2', catalogOf('2', 'Notes 2'));
    const other = await start(catalogOf('1'));
    world.events();
    await Promise.all([updates.look(), other.look()]);
    expect(world.events()).toHaveLength(1);
    expect((await status()).version).toBe('2');
  });
});
