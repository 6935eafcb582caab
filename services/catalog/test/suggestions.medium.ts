import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SuggestionKind } from '#contracts';
import { CatalogWorld, fileOf, tenant } from './catalog-world.js';

const chat = {
  id: 'chat',
  name: 'Chat',
  category: 'GENERATIVE_AI',
  aiKind: 'ASSISTANT',
  rules: ['chat.com', '=api.shared.com'],
  facts: { mfa: ['true', 'list'] },
};
const notes = { id: 'notes', name: 'Acme Notes', category: 'PRODUCTIVITY', rules: ['acmenotes.io'], facts: {} };

describe('suggestions of where hosts belong', () => {
  let world: CatalogWorld;
  const [t1, t2] = [tenant('t1'), tenant('t2')];
  beforeEach(async () => {
    world = await CatalogWorld.open();
    await world.loader().load(fileOf('1', chat, notes));
  });
  afterEach(() => world.close());

  const use = (host: string, transactions: number, generativeAiHint = '') => ({
    host,
    transactions: BigInt(transactions),
    generativeAiHint,
  });
  const hosts = [
    use('www.plain.org', 1000),
    use('files.shared.com', 100),
    use('acme-notes.net', 90),
    use('getacmenotes.com', 10),
    use('gpt.unknown.org', 30, 'name contains “gpt”'),
    use('team-chat.net', 2),
    use('already.chat.com', 9999),
    use('noise.org', 500),
  ];
  const ask = async (page: object = {}, context = t1) => world.admin.suggestHosts({ hosts, page }, context);

  it('rank what looks like AI and what lies near known apps first, each with its reason', async () => {
    const { suggestions, page } = await ask();
    expect(suggestions.map(({ host, kind, appId, reason }) => [host, SuggestionKind[kind], appId, reason])).toEqual([
      ['gpt.unknown.org', 'NEW_AI_APP', '', 'name contains “gpt”'],
      ['files.shared.com', 'EXISTING_APP', 'chat', 'Chat lives at api.shared.com, under the same domain'],
      ['acme-notes.net', 'EXISTING_APP', 'notes', 'named like Acme Notes'],
      ['www.plain.org', 'UNKNOWN', '', 'no app claims it'],
      ['noise.org', 'UNKNOWN', '', 'no app claims it'],
      ['team-chat.net', 'NEW_AI_APP', '', 'name has the word “chat”'],
      ['getacmenotes.com', 'EXISTING_APP', 'notes', 'named like Acme Notes'],
    ]);
    expect(suggestions[0]).toMatchObject({ suggestedName: 'Unknown', suggestedDomain: 'unknown.org' });
    expect(page?.totalCount).toBe(7);
    const head = await ask({ first: 2 });
    const tail = await ask({ first: 9, after: head.page?.cursors[1] });
    expect([...head.suggestions, ...tail.suggestions].map(({ host }) => host)).toEqual(
      suggestions.map(({ host }) => host),
    );
  });

  it('leave out what was dismissed until that is undone, and what an app claims by now', async () => {
    const dismissed = await world.admin.dismissHost({ host: 'Noise.org.' }, t1);
    expect(dismissed).toMatchObject({ host: 'noise.org', dismissedBy: t1.actor.name });
    await world.admin.dismissHost({ host: 'noise.org' }, t1);
    await world.admin.assignHost({ host: 'www.plain.org', appId: 'notes' }, t1);
    const shown = async (context = t1) => (await ask({}, context)).suggestions.map(({ host }) => host);
    expect(await shown()).not.toEqual(expect.arrayContaining(['noise.org']));
    expect(await shown()).not.toEqual(expect.arrayContaining(['www.plain.org']));
    expect(await shown(t2)).toEqual(expect.arrayContaining(['noise.org', 'www.plain.org']));
    const { hosts: list } = await world.admin.listDismissedHosts({}, t1);
    expect(list.map(({ host }) => host)).toEqual(['noise.org']);
    const missing = { code: 'catalog.host-not-dismissed', details: { field: 'host' } };
    await expect(world.admin.restoreHost({ host: 'noise.org' }, t2)).rejects.toMatchObject(missing);
    await world.admin.restoreHost({ host: 'noise.org' }, t1);
    expect(await shown()).toEqual(expect.arrayContaining(['noise.org']));
    await expect(world.admin.dismissHost({ host: 'a b' }, t1)).rejects.toMatchObject({
      code: 'catalog.host-invalid',
    });
  });

  it('are made of so many hosts at once', async () => {
    const many = Array.from({ length: 1001 }, (_, at) => use(`a${at}.org`, 1));
    await expect(world.admin.suggestHosts({ hosts: many }, t1)).rejects.toMatchObject({ code: 'catalog.too-many' });
  });
});
