import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AppCategory, AppChangeKind } from '#contracts';
import { CatalogWorld, customApp, fileOf, tenant } from './catalog-world.js';

const chat = { id: 'chat', name: 'Chat', category: 'GENERATIVE_AI', rules: ['chat.com'], facts: {} };
const HEADER = ['Name', 'domains', 'IP ranges', 'category', 'owner', 'notes'];

/** The lines of a table below its header, which is line 1. */
const table = (...rows: string[][]) => [HEADER, ...rows].map((cells, at) => ({ line: at + 1, cells }));

describe('an import of custom apps', () => {
  let world: CatalogWorld;
  const [t1, t2] = [tenant('t1'), tenant('t2')];
  beforeEach(async () => {
    world = await CatalogWorld.open({ GNOMON_CATALOG_MAX_CUSTOM_APPS: '400' });
    await world.loader().load(fileOf('1', chat));
    world.events();
  });
  afterEach(() => world.close());

  const own = async () => (await world.rpc.getApps({ ids: ['custom-payroll', 'custom-bot'] }, t1)).apps;
  const payroll = ['Payroll', 'payroll.org;*.pay.example.org', '192.0.2.0/24 2001:db8::/32', 'CRM', 'HR', 'See 7'];

  it('adds apps, and the same again changes nothing', async () => {
    const lines = table(payroll, ['Bot', 'bot.example.org', '', 'generative ai', '', '']);
    const trial = await world.imports.import(lines, true, t1);
    expect(trial).toEqual({ created: 2, updated: 0, unchanged: 0, problems: [] });
    expect([await own(), world.events()]).toEqual([[], []]);

    expect(await world.imports.import(lines, false, t1)).toEqual(trial);
    const { apps } = await world.rpc.getApps({ ids: ['custom-payroll', 'custom-bot'] }, t1);
    expect(apps).toMatchObject([
      { name: 'Payroll', category: AppCategory.CRM, owner: 'HR', generativeAi: false, tenantId: 't1' },
      { name: 'Bot', category: AppCategory.GENERATIVE_AI, owner: '', generativeAi: true },
    ]);
    expect(apps[0]?.rules.map(({ value }) => value)).toEqual([
      'payroll.org',
      'pay.example.org',
      '192.0.2.0/24',
      '2001:db8::/32',
    ]);
    expect((await world.admin.listNotes({ appId: 'custom-payroll' }, t1)).notes).toMatchObject([{ text: 'See 7' }]);
    expect(world.events().map(({ tenantId, event }) => [tenantId, event.appId, event.changes])).toEqual([
      ['t1', 'custom-payroll', [AppChangeKind.CREATED]],
      ['t1', 'custom-bot', [AppChangeKind.CREATED]],
    ]);

    expect(await world.imports.import(lines, false, t1)).toMatchObject({ created: 0, unchanged: 2, problems: [] });
    expect(world.events()).toEqual([]);
    expect((await world.rpc.listApps({ search: 'payroll' }, t2)).apps).toEqual([]);
  });

  it('changes an app that is there by its name, and leaves alone what the table has no column for', async () => {
    await world.imports.import(table(payroll), false, t1);
    world.events();
    const lines = [
      { line: 1, cells: ['category', 'name', 'domains'] },
      { line: 2, cells: ['Human resource management', 'PAYROLL', 'payroll.net'] },
    ];
    expect(await world.imports.import(lines, true, t1)).toMatchObject({ updated: 1 });
    expect(world.events()).toEqual([]);
    expect(await world.imports.import(lines, false, t1)).toMatchObject({ created: 0, updated: 1, problems: [] });
    const [app] = (await world.rpc.getApps({ ids: ['custom-payroll'] }, t1)).apps;
    expect(app).toMatchObject({ name: 'PAYROLL', category: AppCategory.HUMAN_RESOURCE_MANAGEMENT, owner: 'HR' });
    expect(app?.rules.map(({ value }) => value)).toEqual(['192.0.2.0/24', '2001:db8::/32', 'payroll.net']);
    expect(world.events()).toHaveLength(1);
  });

  it('reports every line that is wrong with its reason, and the others go in', async () => {
    await world.rpc.createCustomApp(customApp({ name: 'Twin', domains: ['twin1.org'] }), t1);
    await world.rpc.createCustomApp(customApp({ name: 'twin', domains: ['twin2.org'] }), t1);
    const lines = table(
      ['Good', 'good.org', '', 'CRM', '', ''],
      ['', 'a.org', '', 'CRM', '', ''],
      ['B', 'co.uk', '', 'CRM', '', ''],
      ['C', 'c.org localhost', '', 'CRM', '', ''],
      ['D', '', '192.0.2.1/24', 'CRM', '', ''],
      ['E', '', '', 'CRM', '', ''],
      ['F', 'f.org', '', 'Nonsense', '', ''],
      ['good', 'g.org', '', 'CRM', '', ''],
      ['H', 'h.org GOOD.org', '', 'CRM', '', ''],
      ['I', 'CHAT.com', '', 'CRM', '', ''],
      ['Twin', 'twin3.org', '', 'CRM', '', ''],
      ['K', 'k.org', '', 'CRM', 'x'.repeat(201), ''],
      ['L', 'l.org', '', 'CRM', '', 'x'.repeat(4001)],
      ['M', 'm.org', '', 'CRM', '', '', 'more'],
      ['', '', '', '', '', ''],
      ['Also good', 'also-good.org', '', 'CRM'],
    );
    const trial = await world.imports.import(lines, true, t1);
    const done = await world.imports.import(lines, false, t1);
    expect(done).toEqual(trial);
    expect(done.problems.map(({ line, column, reason }) => [line, column, reason])).toEqual([
      [3, 'name', expect.stringContaining('1 to 200 characters')],
      [4, 'domains', '"co.uk" is a public suffix that many owners share'],
      [5, 'domains', '"localhost" is a single label'],
      [6, 'ipRanges', expect.stringContaining('the range that holds it is 192.0.2.0/24')],
      [7, 'domains', expect.stringContaining('at least one domain or address range')],
      [8, 'category', '"Nonsense" is no category'],
      [9, 'name', '"good" is on line 2 already'],
      [10, 'domains', '"good.org" belongs to the app on line 2 already'],
      [11, 'domains', '"chat.com" belongs to Chat already'],
      [12, 'name', '2 apps are named "Twin"'],
      [13, 'owner', expect.stringContaining('200 characters')],
      [14, 'notes', expect.stringContaining('4000 characters')],
      [15, '', expect.stringContaining('7 cells')],
    ]);
    expect(done).toMatchObject({ created: 2, updated: 0, unchanged: 0 });
    const { matches } = await world.rpc.matchHosts({ hosts: ['good.org', 'also-good.org', 'h.org'] }, t1);
    expect(matches.map(({ appId }) => appId)).toEqual(['custom-good', 'custom-also-good', '']);
  });

  it.each([
    [['name', 'domain', 'category'], 'there is no column "domain"'],
    [['name', 'domains'], 'the column category is missing'],
    [['name', 'category', 'Name'], 'the column name is there twice'],
    [[], 'the column name is missing'],
  ])('is refused as a whole where its first line is %p', async (cells, reason) => {
    await expect(world.imports.import([{ line: 1, cells }], false, t1)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'catalog.csv-invalid',
      details: { field: 'csv' },
      message: expect.stringContaining(reason) as unknown,
    });
  });

  it('keeps to the number of apps a tenant may have, over several steps', async () => {
    const rows = Array.from({ length: 450 }, (_, at) => ['App', `${at}`, `app-${at}.org`]);
    const lines = table(...rows.map(([name, at, host]) => [`${name} ${at}`, host ?? '', '', 'CRM', '', '']));
    const trial = await world.imports.import(lines, true, t1);
    const done = await world.imports.import(lines, false, t1);
    expect(done).toEqual(trial);
    expect([done.created, done.problems.length, done.problems[0]?.line]).toEqual([400, 50, 402]);
    expect(world.events()).toHaveLength(400);
    expect(await world.imports.import(lines, false, t1)).toMatchObject({ created: 0, unchanged: 400 });
  });
});
