import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppChangeKind } from '#contracts';
import { CatalogWorld, fileOf, tenant } from './catalog-world.js';
import { sample, sampleText } from './shipped.js';

const chat = { id: 'chat', name: 'Chat', category: 'GENERATIVE_AI', aiKind: 'ASSISTANT', rules: ['chat.com'] };
const crm = {
  id: 'crm',
  name: 'CRM',
  category: 'CRM',
  rules: ['crm.com', 'files.com'],
  facts: { mfa: ['true', 'list'] },
};

describe('loading the catalog file', () => {
  let world: CatalogWorld;
  beforeEach(async () => void (world = await CatalogWorld.open()));
  afterEach(() => world.close());

  it('announces each app once, however often and by however many instances it is loaded', async () => {
    const results = await Promise.all([world.loader().load(sampleText), world.loader().load(sampleText)]);
    expect(results.reduce((sum, { changed }) => sum + changed, 0)).toBe(sample.apps.length);
    const events = world.events();
    expect(events).toHaveLength(sample.apps.length);
    expect(new Set(events.map(({ event }) => event.appId)).size).toBe(sample.apps.length);
    expect(events.every(({ tenantId, event }) => tenantId === '' && event.changes[0] === AppChangeKind.CREATED)).toBe(
      true,
    );
    expect(await world.loader().load(sampleText)).toMatchObject({ changed: 0, removed: 0 });
    expect(world.events()).toEqual([]);
  });

  it('announces what moved, with the score before', async () => {
    await world.loader().load(fileOf('1', chat, crm));
    world.events();
    const changed = {
      ...crm,
      name: 'CRM 2',
      aiKind: 'ASSISTANT',
      rules: ['crm.com'],
      facts: { mfa: ['false', 'list'] },
    };
    await world.loader().load(fileOf('2', chat, changed));
    const [only, ...others] = world.events();
    expect(others).toEqual([]);
    expect(only?.event).toMatchObject({ appId: 'crm', previousScore: 10, removed: false });
    expect(only?.event.app).toMatchObject({ name: 'CRM 2', score: 0, generativeAi: true });
    expect(only?.event.changes).toEqual([
      AppChangeKind.RULES,
      AppChangeKind.FACTORS,
      AppChangeKind.SCORE,
      AppChangeKind.CATEGORY,
      AppChangeKind.GENERATIVE_AI,
      AppChangeKind.DETAILS,
    ]);
  });

  it('moves a rule from one app to another, and removes apps that are gone', async () => {
    await world.loader().load(fileOf('1', chat, crm));
    world.events();
    await world
      .loader()
      .load(fileOf('2', { ...chat, rules: ['chat.com', 'files.com'] }, { ...crm, rules: ['crm.com'] }));
    const match = async (host: string) =>
      (await world.rpc.matchHosts({ hosts: [host] }, tenant('t'))).matches[0]?.appId;
    expect(await match('files.com')).toBe('chat');
    world.events();
    await world.loader().load(fileOf('3', chat));
    const removal = world.events().find(({ event }) => event.appId === 'crm');
    expect(removal?.event).toMatchObject({ removed: true, previousScore: 10, changes: [AppChangeKind.REMOVED] });
    expect(removal?.event.app?.name).toBe('CRM');
    expect(await match('crm.com')).toBe('');
  });

  it('leaves a newer catalog alone, and removes nothing while lines are wrong', async () => {
    await world.loader().load(fileOf('2', chat, crm));
    world.events();
    expect(await world.loader().load(fileOf('1', chat))).toMatchObject({ version: '2', changed: 0, removed: 0 });
    expect(await world.loader().load(fileOf('3', chat, { id: 'crm' }))).toMatchObject({ removed: 0 });
    expect(world.events()).toEqual([]);
    expect((await world.rpc.getApps({ ids: ['crm'] }, tenant('t'))).apps).toHaveLength(1);
  });

  it('carries changes into the records of tenants that set a score, and takes those along when it removes', async () => {
    await world.loader().load(fileOf('1', chat, crm));
    await world.rpc.overrideScore({ appId: 'crm', score: 3, reason: 'audit' }, tenant('t1'));
    world.events();
    await world.loader().load(fileOf('2', chat, { ...crm, rules: ['crm.com'], facts: {} }));
    const own = world.events().find(({ tenantId }) => tenantId === 't1');
    expect(own?.event.changes).toEqual([AppChangeKind.RULES, AppChangeKind.FACTORS]);
    expect(own?.event.app).toMatchObject({ score: 3, scoreOverrideReason: 'audit' });
    expect(own?.event.app?.rules).toHaveLength(1);
    await world.loader().load(fileOf('3', chat));
    expect(world.events().map(({ tenantId, event }) => [tenantId, event.appId, event.removed])).toEqual([
      ['', 'crm', true],
      ['t1', 'crm', true],
    ]);
  });
});
