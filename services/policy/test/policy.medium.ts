import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  AppTagChangedSchema,
  GetAppTagsRequestSchema,
  ListAppTagsRequestSchema,
  ListMatchesRequestSchema,
  ListPoliciesRequestSchema,
  PolicyChangedSchema,
  PolicyMatchedSchema,
  PolicyScope,
  Tag,
  CreatePolicyRequestSchema,
  UpdatePolicyRequestSchema,
  SetPolicyEnabledRequestSchema,
  DeletePolicyRequestSchema,
  TagAppRequestSchema,
} from '#contracts';
import { newId } from '#kernel';
import { PolicyWorld, caller } from './policy-world.js';
import { appFacts, inputOf } from './samples.js';

let world: PolicyWorld;
let tenant: string;

beforeAll(async () => {
  world = await PolicyWorld.open({ GNOMON_POLICY_MAX_POLICIES: '5' });
  for (const [appId, score] of [
    ['deepseek', 3.4],
    ['chatgpt', 7],
    ['unknown', undefined],
  ] as const) {
    await world.change('', appFacts({ appId, name: appId, score }));
  }
});
afterAll(() => world.close());
beforeEach(() => {
  tenant = `tenant-${newId()}`;
  world.forget();
});

const createPolicy = async (init: Parameters<typeof inputOf>[0] = {}) => {
  const created = await world.rpc.createPolicy(
    create(CreatePolicyRequestSchema, { policy: inputOf(init) }),
    caller(tenant),
  );
  return created as { id: string; version: bigint; matchingApps: number };
};
const update = (id: string, init: Parameters<typeof inputOf>[0], version = 0n) =>
  world.rpc.updatePolicy(create(UpdatePolicyRequestSchema, { id, policy: inputOf(init), version }), caller(tenant));
const setEnabled = (id: string, enabled: boolean) =>
  world.rpc.setPolicyEnabled(create(SetPolicyEnabledRequestSchema, { id, enabled }), caller(tenant));
const remove = (id: string, by = tenant) =>
  world.rpc.deletePolicy(create(DeletePolicyRequestSchema, { id }), caller(by));
const tagApp = (appId: string, tag: Tag, reason = '') =>
  world.rpc.tagApp(create(TagAppRequestSchema, { appId, tag, reason }), caller(tenant));
const tagOf = async (appId: string, by = tenant) => {
  const { tags } = await world.rpc.getAppTags(create(GetAppTagsRequestSchema, { appIds: [appId] }), caller(by));
  return tags?.[0];
};

describe('policies', () => {
  it('tags what was discovered, tells each match once, and says why', async () => {
    await world.discover(tenant, 'deepseek', 'chatgpt', 'unknown');
    const policy = await createPolicy();
    expect(policy).toMatchObject({ version: 1n, matchingApps: 1, createdBy: 'alice' });
    expect(world.drain(PolicyMatchedSchema)).toMatchObject([
      {
        appId: 'deepseek',
        appName: 'deepseek',
        policyName: 'Block risky AI',
        action: Tag.UNSANCTIONED,
        alert: true,
        matchedValues: ['riskScore = 3.4 (at most 6)', 'generativeAi = yes'],
      },
    ]);
    expect(world.drain(AppTagChangedSchema)).toMatchObject([
      { appId: 'deepseek', previousTag: Tag.UNSPECIFIED, tag: { tag: Tag.UNSANCTIONED, policyId: policy.id } },
    ]);
    expect(world.drain(PolicyChangedSchema)).toMatchObject([{ deleted: false, policy: { matchingApps: 1 } }]);
    expect((await tagOf('deepseek'))?.reason).toContain('policy “Block risky AI” because riskScore = 3.4 (at most 6)');
    expect(await tagOf('chatgpt')).toBeUndefined();
  });

  it('looks at apps that are discovered later, and at the whole catalog if told to', async () => {
    await createPolicy();
    expect(await tagOf('deepseek')).toBeUndefined();
    await world.discover(tenant, 'deepseek');
    expect((await tagOf('deepseek'))?.tag).toBe(Tag.UNSANCTIONED);

    await createPolicy({
      name: 'Watch all',
      scope: PolicyScope.CATALOG,
      action: Tag.MONITORED,
      filter: { minScore: 5 },
    });
    expect((await tagOf('chatgpt'))?.tag).toBe(Tag.MONITORED);
  });

  it('takes its tags back when it is disabled, deleted or no longer matches', async () => {
    await world.discover(tenant, 'deepseek');
    const policy = await createPolicy();
    await setEnabled(policy.id, false);
    expect(await tagOf('deepseek')).toBeUndefined();
    expect(world.drain(AppTagChangedSchema).at(-1)).toMatchObject({ tag: { tag: 0 }, previousTag: Tag.UNSANCTIONED });
    await setEnabled(policy.id, true);
    expect((await tagOf('deepseek'))?.tag).toBe(Tag.UNSANCTIONED);
    await update(policy.id, { filter: { maxScore: 3 } });
    expect(await tagOf('deepseek')).toBeUndefined();
    await update(policy.id, {});
    expect((await tagOf('deepseek'))?.tag).toBe(Tag.UNSANCTIONED);
    await remove(policy.id);
    expect(await tagOf('deepseek')).toBeUndefined();
    expect(world.drain(PolicyChangedSchema).at(-1)).toMatchObject({ policyId: policy.id, deleted: true });
  });

  it('takes a tag back when the app improves, and lets a tenant’s own record outrank the global one', async () => {
    await world.discover(tenant, 'deepseek');
    await createPolicy();
    await world.change(tenant, appFacts({ appId: 'deepseek', score: 8 }));
    expect(await tagOf('deepseek')).toBeUndefined();
    await world.change('', appFacts({ appId: 'deepseek', score: 3.3 }));
    expect(await tagOf('deepseek')).toBeUndefined();
    await world.change(tenant, appFacts({ appId: 'deepseek', score: 8 }), true);
    expect((await tagOf('deepseek'))?.matchedValues?.[0]).toBe('riskScore = 3.3 (at most 6)');
    await world.change('', appFacts({ appId: 'deepseek', score: 3.4 }));
  });

  it('keeps the date of a decision while only its words change', async () => {
    await world.discover(tenant, 'deepseek');
    const policy = await createPolicy();
    const before = await tagOf('deepseek');
    world.clock.advance(60_000);
    await update(policy.id, { name: 'Block AI' });
    const renamed = await tagOf('deepseek');
    expect(renamed?.policyName).toBe('Block AI');
    expect(renamed?.setAt).toEqual(before?.setAt);
    await update(policy.id, { name: 'Block AI', action: Tag.MONITORED });
    expect((await tagOf('deepseek'))?.setAt).not.toEqual(before?.setAt);
  });

  it('says nothing where nothing changed', async () => {
    await world.discover(tenant, 'deepseek');
    await createPolicy();
    world.forget();
    await world.discover(tenant, 'deepseek');
    await world.change('', appFacts({ appId: 'deepseek', name: 'deepseek' }));
    expect(world.drain(PolicyMatchedSchema)).toEqual([]);
    expect(world.drain(AppTagChangedSchema)).toEqual([]);
  });
});

describe('a tag by hand', () => {
  it('outranks every policy, says so, and gives way when it is cleared', async () => {
    await world.discover(tenant, 'deepseek');
    const policy = await createPolicy();
    const tag = await tagApp('deepseek', Tag.SANCTIONED, 'Contract signed');
    expect(tag).toMatchObject({ tag: Tag.SANCTIONED, setBy: 'alice', overruledPolicyIds: [policy.id], policyId: '' });
    expect(tag.reason).toContain('This outranks policy “Block risky AI” (unsanctioned).');
    await setEnabled(policy.id, false);
    expect(await tagOf('deepseek')).toMatchObject({ tag: Tag.SANCTIONED, overruledPolicyIds: [] });
    await setEnabled(policy.id, true);
    expect(await tagApp('deepseek', Tag.UNSPECIFIED)).toMatchObject({ tag: Tag.UNSANCTIONED, policyId: policy.id });
  });

  it('is what the tag filter looks at, in one step', async () => {
    await world.discover(tenant, 'chatgpt');
    await createPolicy({ filter: { tags: [Tag.UNSPECIFIED] }, action: Tag.MONITORED });
    expect((await tagOf('chatgpt'))?.tag).toBe(Tag.MONITORED);
    world.forget();
    await tagApp('chatgpt', Tag.SANCTIONED);
    expect(await tagOf('chatgpt')).toMatchObject({ tag: Tag.SANCTIONED, overruledPolicyIds: [] });
    await tagApp('chatgpt', Tag.UNSPECIFIED);
    expect(world.drain(AppTagChangedSchema).map((event) => event.tag?.tag)).toEqual([Tag.SANCTIONED, Tag.MONITORED]);
  });

  it('needs a known app, a known tag and a bounded reason', async () => {
    await expect(tagApp('no-such-app', Tag.SANCTIONED)).rejects.toMatchObject({ code: 'policy.app-not-found' });
    await expect(tagApp('a\0b', Tag.SANCTIONED)).rejects.toMatchObject({ code: 'policy.app-not-found' });
    await expect(tagApp('chatgpt', 42 as Tag)).rejects.toMatchObject({ code: 'policy.tag-invalid' });
    await expect(tagApp('chatgpt', Tag.SANCTIONED, 'x'.repeat(2001))).rejects.toMatchObject({
      code: 'policy.reason-invalid',
    });
  });
});

describe('refusals', () => {
  it('keeps names unique whatever their case, and the number of policies bounded', async () => {
    const first = await createPolicy();
    await expect(createPolicy({ name: 'BLOCK RISKY AI' })).rejects.toMatchObject({ code: 'policy.name-taken' });
    await update(first.id, { description: 'The same name is no conflict with itself.' });
    for (const name of ['2', '3', '4', '5']) await createPolicy({ name });
    await expect(createPolicy({ name: '6' })).rejects.toMatchObject({ kind: 'conflict', code: 'policy.too-many' });
  });

  it('refuses a change that was made from an old version', async () => {
    const { id } = await createPolicy();
    expect(await update(id, {}, 1n)).toMatchObject({ version: 2n });
    await expect(update(id, {}, 1n)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'policy.version-conflict',
      details: { currentVersion: '2' },
    });
  });

  it('names the field of an invalid policy', async () => {
    await expect(createPolicy({ filter: { minScore: 11 } })).rejects.toMatchObject({
      kind: 'invalid',
      code: 'policy.score-range-invalid',
      details: { field: 'filter.minScore' },
    });
    await expect(createPolicy({ filter: {} })).rejects.toMatchObject({ code: 'policy.filter-empty' });
  });

  it('knows nothing of other tenants', async () => {
    await world.discover(tenant, 'deepseek');
    const { id } = await createPolicy();
    await expect(remove(id, 'another')).rejects.toMatchObject({ code: 'policy.not-found' });
    await expect(remove('not-an-id')).rejects.toMatchObject({ code: 'policy.not-found' });
    expect(await tagOf('deepseek', 'another')).toBeUndefined();
  });
});

describe('lists', () => {
  it('pages through policies, matches and tags', async () => {
    await world.discover(tenant, 'deepseek', 'chatgpt', 'unknown');
    const ids: string[] = [];
    for (const name of ['one', 'two', 'three']) {
      ids.push((await createPolicy({ name, filter: { generativeAi: true } })).id);
    }
    const page = (after: string | undefined) => ({ first: 2, after: after ?? '' });
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const answer = await world.rpc.listPolicies(
        create(ListPoliciesRequestSchema, { page: page(after) }),
        caller(tenant),
      );
      seen.push(...(answer.policies ?? []).map((policy) => policy.id!));
      expect(answer.page?.totalCount).toBe(3);
      after = answer.page?.hasNextPage ? answer.page.cursors?.at(-1) : undefined;
    } while (after);
    expect(seen).toEqual(ids);

    const matches = await world.rpc.listMatches(
      create(ListMatchesRequestSchema, { policyId: ids[0], page: { first: 2 } }),
      caller(tenant),
    );
    expect(matches.matches?.map((match) => match.appId)).toEqual(['chatgpt', 'deepseek']);
    expect(matches.page).toMatchObject({ hasNextPage: true, totalCount: 3 });

    await tagApp('unknown', Tag.SANCTIONED);
    const tags = await world.rpc.listAppTags(
      create(ListAppTagsRequestSchema, { tags: [Tag.UNSANCTIONED], page: { first: 100 } }),
      caller(tenant),
    );
    expect(tags.tags?.map((tag) => tag.appId)).toEqual(['chatgpt', 'deepseek']);
  });

  it('refuses a page without a size, of too many items, or behind a foreign cursor', async () => {
    for (const page of [{}, { first: 101 }, { first: 1, after: 'nonsense' }]) {
      await expect(
        world.rpc.listPolicies(create(ListPoliciesRequestSchema, { page }), caller(tenant)),
      ).rejects.toMatchObject({ kind: 'invalid', code: 'policy.page-invalid' });
    }
  });
});
