import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { AiKind, AppChangeKind, MatchRuleKind } from '#contracts';
import { CatalogWorld, customApp, fileOf, tenant } from './catalog-world.js';

const chat = {
  id: 'chat',
  name: 'Chat',
  category: 'GENERATIVE_AI',
  aiKind: 'ASSISTANT',
  rules: ['chat.com', '=api.shared.com'],
  facts: { mfa: ['true', 'list'] },
};
const notes = { id: 'notes', name: 'Acme Notes', category: 'PRODUCTIVITY', rules: ['acmenotes.io'], facts: {} };

describe('what admins keep in the catalog', () => {
  let world: CatalogWorld;
  const [t1, t2] = [tenant('t1'), tenant('t2')];
  beforeEach(async () => {
    world = await CatalogWorld.open({ GNOMON_CATALOG_MAX_CUSTOM_APPS: '300' });
    await world.loader().load(fileOf('1', chat, notes));
    world.events();
  });
  afterEach(() => world.close());

  const app = async (id: string, context = t1) => (await world.rpc.getApps({ ids: [id] }, context)).apps[0];
  const ruleTexts = (rules: readonly { kind: MatchRuleKind; value: string }[] = []) =>
    rules.map(({ kind, value }) => `${MatchRuleKind[kind]} ${value}`);

  describe('custom apps', () => {
    it('have address ranges, an owner and a first note', async () => {
      const more = { ipRanges: ['192.0.2.0/24', '2001:DB8::/32', '192.0.2.0/24'], owner: ' HR ', note: 'See ticket 7' };
      const created = await world.rpc.createCustomApp(customApp({ domains: [], ...more }), t1);
      expect(ruleTexts(created.rules)).toEqual(['IP_RANGE 192.0.2.0/24', 'IP_RANGE 2001:db8::/32']);
      expect([created.owner, (await app(created.id))?.owner]).toEqual(['HR', 'HR']);
      expect(world.events()).toMatchObject([{ tenantId: 't1', event: { app: { owner: 'HR' } } }]);
      expect((await world.admin.listNotes({ appId: created.id }, t1)).notes).toMatchObject([{ text: 'See ticket 7' }]);
    });

    it.each([
      ['ipRanges.1', { ipRanges: ['192.0.2.0/24', '192.0.2.1/24'] }],
      ['ipRanges.0', { ipRanges: ['0.0.0.0/0'] }],
      ['ipRanges', { ipRanges: Array<string>(101).fill('192.0.2.0/24') }],
      ['owner', { owner: 'x'.repeat(201) }],
      ['note', { note: 'x'.repeat(4001) }],
      ['domains.0', { domains: ['ip:192.0.2.0/24'] }],
      ['domains', { domains: [], ipRanges: [] }],
    ])('are refused with a wrong %s', async (field, more) => {
      await expect(world.rpc.createCustomApp(customApp(more), t1)).rejects.toMatchObject({
        kind: 'invalid',
        details: { field },
      });
    });

    it('cannot have a range that another app has', async () => {
      await world.rpc.createCustomApp(customApp({ ipRanges: ['192.0.2.0/24'] }), t1);
      const twin = customApp({ domains: ['other.org'], ipRanges: ['198.51.100.0/24', '192.0.2.0/24'] });
      await expect(world.rpc.createCustomApp(twin, t1)).rejects.toMatchObject({
        code: 'catalog.rule-taken',
        details: { field: 'ipRanges.1', appId: 'custom-payroll-helper' },
      });
    });

    it('change field by field: what is not named stays', async () => {
      const { id } = await world.rpc.createCustomApp(customApp({ owner: 'HR', ipRanges: ['192.0.2.0/24'] }), t1);
      world.events();
      const renamed = await world.admin.updateCustomApp({ appId: id, name: ' Payroll ', aiKind: AiKind.CODING }, t1);
      expect(renamed).toMatchObject({ name: 'Payroll', owner: 'HR', generativeAi: true, aiKind: AiKind.CODING });
      expect(ruleTexts(renamed.rules)).toEqual(['HOST payroll.example.org', 'IP_RANGE 192.0.2.0/24']);
      const [event] = world.events();
      expect(new Set(event?.event.changes)).toEqual(
        new Set([AppChangeKind.DETAILS, AppChangeKind.CATEGORY, AppChangeKind.GENERATIVE_AI]),
      );
      const moved = await world.admin.updateCustomApp({ appId: id, domains: { values: ['new.org'] }, owner: '' }, t1);
      expect(ruleTexts(moved.rules)).toEqual(['IP_RANGE 192.0.2.0/24', 'DOMAIN new.org']);
      expect([moved.owner, (await app(id))?.owner]).toEqual(['', '']);
      world.events();
      await world.admin.updateCustomApp({ appId: id, name: 'Payroll' }, t1);
      expect(world.events()).toEqual([]);
      const { matches } = await world.rpc.matchHosts({ hosts: ['a.new.org', 'payroll.example.org'] }, t1);
      expect(matches.map(({ appId }) => appId)).toEqual([id, '']);
    });

    it('keep their last rule, and nobody changes those of others', async () => {
      const { id } = await world.rpc.createCustomApp(customApp(), t1);
      const change = (more: object, context = t1) => world.admin.updateCustomApp({ appId: id, ...more }, context);
      await expect(change({ domains: {} })).rejects.toMatchObject({ kind: 'invalid', details: { field: 'domains' } });
      await expect(change({ domains: { values: ['a.org', 'chat.com'] } })).rejects.toMatchObject({
        code: 'catalog.rule-taken',
        details: { field: 'domains.1', appId: 'chat' },
      });
      await expect(change({ name: 'x' }, t2)).rejects.toMatchObject({ code: 'catalog.app-not-found' });
      await expect(change({ appId: 'chat', name: 'x' })).rejects.toMatchObject({ code: 'catalog.not-a-custom-app' });
      await expect(change({ name: '' })).rejects.toMatchObject({ details: { field: 'name' } });
    });
  });

  describe('notes', () => {
    it('are added, changed and deleted, newest first, for one organisation', async () => {
      const first = await world.admin.addNote({ appId: 'chat', text: ' first ' }, t1);
      world.clock.advance(1000);
      const second = await world.admin.addNote({ appId: 'chat', text: 'second' }, t1);
      expect(first).toMatchObject({ appId: 'chat', text: 'first', author: t1.actor.name, editedBy: '' });
      const edited = await world.admin.editNote({ id: first.id, text: 'first, changed' }, t1);
      expect(edited).toMatchObject({ text: 'first, changed', editedBy: t1.actor.name });
      expect(edited.editedAt).toBeDefined();
      const page = await world.admin.listNotes({ appId: 'chat', page: { first: 1 } }, t1);
      expect([page.notes.map(({ text }) => text), page.page?.totalCount]).toEqual([['second'], 2]);
      const after = page.page?.cursors[0] ?? '';
      const rest = await world.admin.listNotes({ appId: 'chat', page: { first: 5, after } }, t1);
      expect(rest.notes.map(({ id }) => id)).toEqual([first.id]);

      expect((await world.admin.listNotes({ appId: 'chat' }, t2)).notes).toEqual([]);
      const missing = { code: 'catalog.note-not-found' };
      await expect(world.admin.editNote({ id: second.id, text: 'x' }, t2)).rejects.toMatchObject(missing);
      await expect(world.admin.deleteNote({ id: second.id }, t2)).rejects.toMatchObject(missing);
      await world.admin.deleteNote({ id: second.id }, t1);
      await expect(world.admin.deleteNote({ id: second.id }, t1)).rejects.toMatchObject(missing);
      // A note is nothing that other services know of.
      expect(world.events()).toEqual([]);
    });

    it('have bounds', async () => {
      const add = (text: string, appId = 'chat') => world.admin.addNote({ appId, text }, t1);
      for (const text of ['', ' ', 'x'.repeat(4001), 'a\0b'])
        await expect(add(text)).rejects.toMatchObject({ code: 'catalog.note-invalid', details: { field: 'text' } });
      await expect(add('x', 'nothing')).rejects.toMatchObject({ code: 'catalog.app-not-found' });
      for (let at = 0; at < 100; at += 1) await add('x'.repeat(4000));
      await expect(add('x')).rejects.toMatchObject({ kind: 'conflict', code: 'catalog.too-many-notes' });
      await add('x', 'notes');
    });
  });

  describe('labels', () => {
    const label = (name: string, more: object = {}, context = t1) =>
      world.admin.createLabel({ name, ...more }, context);

    it('are put on apps and taken off, and the record of the organisation carries them', async () => {
      const pilot = await label(' Pilot ', { colour: '#1F77B4', description: 'Tried in R&D' });
      expect(pilot).toMatchObject({ name: 'Pilot', colour: '#1f77b4', apps: 0 });
      const { id } = await world.rpc.createCustomApp(customApp(), t1);
      world.events();
      const put = await world.admin.labelApps({ labelId: pilot.id, appIds: ['chat', id, 'chat'] }, t1);
      expect([put.changed, put.label?.apps]).toEqual([2, 2]);
      expect(world.events().map(({ tenantId, event }) => [tenantId, event.appId, event.app?.labelIds])).toEqual([
        ['t1', 'chat', [pilot.id]],
        ['t1', id, [pilot.id]],
      ]);
      expect([(await app('chat'))?.labelIds, (await app('chat', t2))?.labelIds]).toEqual([[pilot.id], []]);
      const found = async (context: typeof t1) =>
        (await world.rpc.listApps({ labelIds: [pilot.id] }, context)).apps.map((each) => each.id);
      expect([await found(t1), await found(t2)]).toEqual([['chat', id], []]);

      await world.admin.labelApps({ labelId: pilot.id, appIds: ['chat'] }, t1);
      expect(world.events()).toEqual([]);
      await world.admin.labelApps({ labelId: pilot.id, appIds: ['chat'], remove: true }, t1);
      // Nothing is laid over the global app any more: the record of the organisation goes.
      expect(world.events()).toMatchObject([{ tenantId: 't1', event: { appId: 'chat', removed: true } }]);
      await world.admin.deleteLabel({ id: pilot.id }, t1);
      expect(world.events()).toMatchObject([{ event: { appId: id, removed: false, app: { labelIds: [] } } }]);
      expect((await world.admin.listLabels({}, t1)).labels).toEqual([]);
    });

    it('are changed without telling of every app, and are unique by name', async () => {
      const pilot = await label('Pilot', { colour: '#000000', description: 'x' });
      await label('Legal');
      await expect(label('PILOT')).rejects.toMatchObject({ code: 'catalog.label-name-taken' });
      await label('Pilot', {}, t2);
      const rename = (name: string) => world.admin.updateLabel({ id: pilot.id, name, colour: '' }, t1);
      await expect(rename('legal')).rejects.toMatchObject({ code: 'catalog.label-name-taken' });
      expect(await rename('pilot')).toMatchObject({ name: 'pilot', colour: '', description: 'x' });
      const { labels, page } = await world.admin.listLabels({ page: { first: 1 } }, t1);
      expect([labels.map(({ name }) => name), page?.totalCount]).toEqual([['Legal'], 2]);
      const after = page?.cursors[0] ?? '';
      const next = await world.admin.listLabels({ page: { first: 1, after } }, t1);
      expect([next.labels[0]?.name, next.page?.hasNextPage]).toEqual(['pilot', false]);
      expect(world.events()).toEqual([]);
    });

    it.each([
      ['name', { name: ' ' }],
      ['name', { name: 'x'.repeat(61) }],
      ['name', { name: 'a\nb' }],
      ['colour', { name: 'x', colour: 'red' }],
      ['description', { name: 'x', description: 'x'.repeat(501) }],
    ])('are refused with a wrong %s', async (field, draft) => {
      await expect(world.admin.createLabel(draft, t1)).rejects.toMatchObject({ kind: 'invalid', details: { field } });
    });

    it('go on all apps that are named or on none, and on so many', async () => {
      const pilot = await label('Pilot');
      const put = (appIds: string[], labelId = pilot.id, context = t1) =>
        world.admin.labelApps({ labelId, appIds }, context);
      await expect(put(['chat', 'nothing'])).rejects.toMatchObject({
        code: 'catalog.app-not-found',
        details: { field: 'appIds.1' },
      });
      expect((await world.admin.getLabels({ ids: [pilot.id] }, t1)).labels[0]?.apps).toBe(0);
      await expect(put(['chat'], pilot.id, t2)).rejects.toMatchObject({ details: { field: 'labelId' } });
      await expect(put(Array<string>(501).fill('chat'))).rejects.toMatchObject({ code: 'catalog.too-many' });
      for (let at = 0; at < 20; at += 1) await put(['chat'], (await label(`more ${at}`)).id);
      await expect(put(['notes', 'chat'])).rejects.toMatchObject({
        code: 'catalog.too-many-labels-of-app',
        details: { field: 'appIds.1' },
      });
      for (let at = 21; at < 100; at += 1) await label(`more ${at}`);
      await expect(label('one more')).rejects.toMatchObject({ code: 'catalog.too-many-labels' });
    });
  });

  describe('hosts that are assigned to apps', () => {
    const assign = (host: string, appId: string, context = t1) => world.admin.assignHost({ host, appId }, context);
    const holder = async (host: string, context = t1) =>
      (await world.rpc.matchHosts({ hosts: [host] }, context)).matches[0]?.appId;

    it('belong to a global app for the organisation that says so', async () => {
      const { assignment } = await assign(' Chat.Example.ORG ', 'chat');
      expect(assignment).toMatchObject({ host: 'chat.example.org', appId: 'chat', assignedBy: t1.actor.name });
      expect(ruleTexts((await app('chat'))?.rules)).toContain('HOST chat.example.org');
      expect([await holder('chat.example.org'), await holder('chat.example.org', t2)]).toEqual(['chat', '']);
      const [event, ...others] = world.events();
      expect(others).toEqual([]);
      expect(event).toMatchObject({ tenantId: 't1', event: { appId: 'chat', changes: [AppChangeKind.RULES] } });
      expect(ruleTexts(event?.event.app?.rules)).toEqual([
        'DOMAIN chat.com',
        'HOST api.shared.com',
        'HOST chat.example.org',
      ]);
      // The same again is nothing new.
      await assign('chat.example.org', 'chat');
      expect(world.events()).toEqual([]);
      const found = async (search: string, context = t1) =>
        (await world.rpc.listApps({ search }, context)).apps.map(({ id }) => id);
      expect([await found('chat.example.org'), await found('t.example')]).toEqual([['chat'], ['chat']]);
      expect(await found('t.example', t2)).toEqual([]);

      expect(await world.admin.unassignHost({ host: 'chat.example.org' }, t1)).toMatchObject({ appId: 'chat' });
      expect(world.events()).toMatchObject([{ tenantId: 't1', event: { appId: 'chat', removed: true } }]);
      expect(await holder('chat.example.org')).toBe('');
      await expect(world.admin.unassignHost({ host: 'chat.example.org' }, t1)).rejects.toMatchObject({
        code: 'catalog.host-not-assigned',
      });
    });

    it('may lie below a wider rule, which is told; the same hosts are a conflict that names the app', async () => {
      const { id } = await world.rpc.createCustomApp(customApp(), t1);
      expect((await assign('eu.chat.com', id)).takenFromAppId).toBe('chat');
      expect((await assign('*.files.chat.com', id)).takenFromAppId).toBe('chat');
      expect([await holder('eu.chat.com'), await holder('a.files.chat.com'), await holder('us.chat.com')]).toEqual([
        id,
        id,
        'chat',
      ]);
      const taken = (host: string, appId: string) => ({
        kind: 'conflict',
        code: 'catalog.rule-taken',
        details: { field: 'host', appId },
        message: expect.stringContaining(host) as unknown,
      });
      await expect(assign('chat.com', id)).rejects.toMatchObject(taken('chat.com', 'chat'));
      await expect(assign('=chat.com', id)).rejects.toMatchObject(taken('chat.com', 'chat'));
      await expect(assign('*.chat.com', id)).rejects.toMatchObject(taken('chat.com', 'chat'));
      await expect(assign('eu.chat.com', 'chat')).rejects.toMatchObject(taken('eu.chat.com', id));
      await expect(assign('api.shared.com', 'chat')).rejects.toMatchObject(taken('api.shared.com', 'chat'));
      // Of the same name the host alone and what is below it are different hosts.
      await assign('*.api.shared.com', id);
      const clash = customApp({ name: 'Other', domains: ['other.org', 'eu.chat.com'] });
      await expect(world.rpc.createCustomApp(clash, t1)).rejects.toMatchObject({
        code: 'catalog.rule-taken',
        details: { field: 'domains.1', appId: id },
      });
      await world.rpc.createCustomApp(clash, t2);
    });

    it('are listed by name, of all apps or one', async () => {
      const { id } = await world.rpc.createCustomApp(customApp(), t1);
      for (const host of ['c.org', '=a.org', '*.b.org']) await assign(host, host === 'c.org' ? id : 'chat');
      const list = async (request: object, context = t1) => {
        const { assignments, page } = await world.admin.listHostAssignments(request, context);
        return { hosts: assignments.map(({ host }) => host), page };
      };
      const first = await list({ page: { first: 2 } });
      expect([first.hosts, first.page?.totalCount]).toEqual([['=a.org', '*.b.org'], 3]);
      expect((await list({ page: { first: 2, after: first.page?.cursors[1] } })).hosts).toEqual(['c.org']);
      expect((await list({ appId: id })).hosts).toEqual(['c.org']);
      expect((await list({}, t2)).hosts).toEqual([]);
      await world.rpc.deleteCustomApp({ appId: id }, t1);
      expect((await list({})).hosts).toEqual(['=a.org', '*.b.org']);
    });

    it.each(['co.uk', 'localhost', '192.0.2.7', 'process:x', 'a.org/path', '=a.org/path', 'ip:192.0.2.7', ''])(
      'are refused where they are "%s"',
      async (host) => {
        await expect(assign(host, 'chat')).rejects.toMatchObject({
          code: 'catalog.host-invalid',
          details: { field: 'host' },
        });
      },
    );

    it('stay with the app while the catalog and the score change, and go with it', async () => {
      await assign('chat.example.org', 'chat');
      await world.rpc.overrideScore({ appId: 'chat', score: 1, reason: 'x' }, t1);
      await world.rpc.overrideScore({ appId: 'chat' }, t1);
      const rules = world.events().map(({ event }) => [event.removed, ruleTexts(event.app?.rules).at(-1)]);
      expect(rules).toEqual(Array(3).fill([false, 'HOST chat.example.org']));

      await world.loader().load(fileOf('2', { ...chat, name: 'Chat 2' }, notes));
      const loaded = world.events().map(({ tenantId, event }) => [tenantId, event.app?.name, event.app?.rules.length]);
      expect(loaded).toEqual([
        ['', 'Chat 2', 2],
        ['t1', 'Chat 2', 3],
      ]);
      await world.admin.addNote({ appId: 'chat', text: 'stays' }, t1);
      await world.loader().load(fileOf('3', notes));
      expect(world.events().map(({ tenantId, event }) => [tenantId, event.removed])).toEqual([
        ['', true],
        ['t1', true],
      ]);
      await world.loader().load(fileOf('4', chat, notes));
      expect(ruleTexts((await app('chat'))?.rules)).toEqual(['DOMAIN chat.com', 'HOST api.shared.com']);
      expect((await world.admin.listNotes({ appId: 'chat' }, t1)).notes).toHaveLength(1);
    });

    it('stay with the app under weights of the organisation’s own, which come and go', async () => {
      await world
        .loader()
        .load(fileOf('2', { ...chat, facts: { mfa: ['true', 'list'], soc2: ['false', 'list'] } }, notes));
      await assign('chat.example.org', 'chat');
      world.events();
      const seen = async () => [(await app('chat'))?.score, ruleTexts((await app('chat'))?.rules).at(-1)];
      const [before] = await seen();
      const factors = [{ factorId: 'soc2', importance: 0 }];
      const job = await world.weights.applyRiskWeights({ factors }, t1);
      await world.weightsService.run('t1', job.version.toString());
      expect(await seen()).toEqual([10, 'HOST chat.example.org']);
      expect(before).not.toBe(10);
      const events = world.events().filter(({ event }) => event.appId === 'chat');
      expect(events.map(({ event }) => [event.removed, event.app?.rules.length])).toEqual([[false, 3]]);
      await world.admin.unassignHost({ host: 'chat.example.org' }, t1);
      // The score of its own keeps the record.
      expect(world.events()).toMatchObject([{ event: { appId: 'chat', removed: false, app: { score: 10 } } }]);
      expect(await seen()).toEqual([10, 'HOST api.shared.com']);
    });

    it('have bounds', async () => {
      for (let at = 0; at < 100; at += 1) await assign(`a${at}.org`, 'chat');
      await expect(assign('one-more.org', 'chat')).rejects.toMatchObject({
        kind: 'conflict',
        code: 'catalog.too-many-assigned-hosts',
      });
      await assign('one-more.org', 'notes');
    });
  });
});
