import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AppTagChangedSchema,
  CreatePolicyRequestSchema,
  DeletePolicyRequestSchema,
  GetAppTagsRequestSchema,
  ListPoliciesRequestSchema,
  PolicyScope,
  SetPolicyEnabledRequestSchema,
  Severity,
  Tag,
  TagAppRequestSchema,
  UpdatePolicyRequestSchema,
  type AppFilter,
} from '#contracts';
import { newId } from '#kernel';
import { isDomainError } from '#kernel';
import type { AppFacts } from '../src/domain/app-facts.js';
import { decide, type Claim, type ManualTag } from '../src/domain/decision.js';
import { compileFilter, isEmptyFilter } from '../src/domain/filter.js';
import { PolicyWorld, caller } from './policy-world.js';
import { appArb, appFacts, filterArb, filterOf } from './samples.js';

let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.open({ GNOMON_POLICY_BATCH_SIZE: '2' });
});
afterAll(() => world.close());

type Step =
  | { kind: 'app'; global: boolean; app: AppFacts; removed: boolean }
  | { kind: 'discover'; appId: string }
  | { kind: 'create'; filter: AppFilter; action: Tag; scope: PolicyScope }
  | { kind: 'update'; nth: number; filter: AppFilter; action: Tag; scope: PolicyScope }
  | { kind: 'enable'; nth: number; enabled: boolean }
  | { kind: 'delete'; nth: number }
  | { kind: 'tag'; appId: string; tag: Tag };

const APPS = ['a', 'b', 'c', 'd', 'e'];
const nth = fc.nat({ max: 5 });
const oneCondition = fc.oneof(
  fc.boolean().map((generativeAi) => filterOf({ generativeAi })),
  fc.integer({ min: 3, max: 10 }).map((maxScore) => filterOf({ maxScore })),
  fc.constantFrom(Tag.UNSPECIFIED, Tag.SANCTIONED, Tag.MONITORED).map((tag) => filterOf({ tags: [tag] })),
  fc.constantFrom(...APPS).map((appId) => filterOf({ excludedAppIds: [appId] })),
);
const policyParts = {
  filter: fc
    .oneof(filterArb, oneCondition, oneCondition)
    .filter((filter) => !isEmptyFilter(filter) && (filter.minScore ?? 0) <= (filter.maxScore ?? 10)),
  action: fc.constantFrom(Tag.UNSPECIFIED, Tag.SANCTIONED, Tag.UNSANCTIONED, Tag.MONITORED),
  scope: fc.constantFrom(PolicyScope.DISCOVERED, PolicyScope.CATALOG),
};
const stepArb: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('app' as const),
    global: fc.boolean(),
    app: appArb,
    removed: fc.nat({ max: 3 }).map((n) => n === 0),
  }),
  fc.record({ kind: fc.constant('discover' as const), appId: fc.constantFrom(...APPS) }),
  fc.record({ kind: fc.constant('create' as const), ...policyParts }),
  fc.record({ kind: fc.constant('update' as const), nth, ...policyParts }),
  fc.record({ kind: fc.constant('enable' as const), nth, enabled: fc.boolean() }),
  fc.record({ kind: fc.constant('delete' as const), nth }),
  fc.record({
    kind: fc.constant('tag' as const),
    appId: fc.constantFrom(...APPS),
    tag: fc.constantFrom(Tag.UNSPECIFIED, Tag.SANCTIONED, Tag.UNSANCTIONED, Tag.MONITORED),
  }),
);

describe('matches and tags', () => {
  it('are an exact function of policies, apps, discoveries and tags by hand, however these arrive at once', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(stepArb, { minLength: 8, maxLength: 40 }), async (steps) => {
        await world.changes(APPS.map((appId) => ({ tenantId: '', facts: appFacts({ appId }), removed: true })));
        const tenant = `tenant-${newId()}`;
        const waves = [steps.slice(0, steps.length >> 1), steps.slice(steps.length >> 1)];
        for (const wave of waves) await Promise.all(wave.map((step) => play(step, tenant)));
        await expectExact(tenant);
      }),
      { numRuns: 60, endOnFailure: true },
    );
  }, 60_000);
});

async function play(step: Step, tenant: string): Promise<void> {
  try {
    await attempt(step, tenant);
  } catch (error) {
    // Beside each other some steps come too late: their policy is gone, their app unknown.
    if (!isDomainError(error)) throw error;
  }
}

async function attempt(step: Step, tenant: string): Promise<void> {
  const context = caller(tenant);
  if (step.kind === 'app') return world.change(step.global ? '' : tenant, step.app, step.removed);
  if (step.kind === 'discover') return world.discover(tenant, step.appId);
  if (step.kind === 'tag') {
    await world.rpc.tagApp(create(TagAppRequestSchema, { appId: step.appId, tag: step.tag }), context);
    return;
  }
  if (step.kind === 'create') {
    await world.rpc.createPolicy(create(CreatePolicyRequestSchema, { policy: inputFrom(step) }), context);
    return;
  }
  const page = { first: 100 };
  const { policies = [] } = await world.rpc.listPolicies(create(ListPoliciesRequestSchema, { page }), context);
  const id = policies[step.nth]?.id;
  if (!id) return;
  if (step.kind === 'update') {
    const name = step.nth % 2 === 0 ? policies[step.nth]!.name : newId();
    const policy = { ...inputFrom(step), name };
    await world.rpc.updatePolicy(create(UpdatePolicyRequestSchema, { id, policy }), context);
  } else if (step.kind === 'enable') {
    await world.rpc.setPolicyEnabled(create(SetPolicyEnabledRequestSchema, { id, enabled: step.enabled }), context);
  } else {
    await world.rpc.deletePolicy(create(DeletePolicyRequestSchema, { id }), context);
  }
}

function inputFrom({ filter, action, scope }: { filter: AppFilter; action: Tag; scope: PolicyScope }) {
  return { name: newId(), severity: Severity.LOW, filter, action, scope, alert: true, enabled: true };
}

/** The naive way: every policy against every app, from what is stored of the inputs alone. */
async function expectExact(tenant: string): Promise<void> {
  const context = caller(tenant);
  const page = { first: 100 };
  const { policies = [] } = await world.rpc.listPolicies(create(ListPoliciesRequestSchema, { page }), context);
  const rows = await world.database.query<AppRow>('SELECT * FROM app WHERE NOT removed AND tenant_id IN ($1, $2)', [
    '',
    tenant,
  ]);
  const apps = new Map<string, AppRow>();
  for (const row of rows) if (row.tenant_id !== '' || !apps.has(row.app_id)) apps.set(row.app_id, row);
  const discovered = await ids('SELECT app_id FROM discovered_app WHERE tenant_id = $1', tenant);
  const manual = await world.database.query<{ app_id: string; tag: Tag; by: string; reason: string }>(
    `SELECT app_id, manual_tag AS tag, manual_by AS by, manual_reason AS reason FROM app_tag
     WHERE tenant_id = $1 AND manual_tag IS NOT NULL`,
    [tenant],
  );
  const byHand = new Map<string, ManualTag>(
    manual.map((row) => [row.app_id, { tag: row.tag, setBy: row.by, reason: row.reason }]),
  );
  const claims = new Map<string, Claim[]>(APPS.map((id) => [id, []]));
  for (const policy of policies) {
    if (!policy.enabled) continue;
    for (const [appId, row] of apps) {
      if (policy.scope === PolicyScope.DISCOVERED && !discovered.has(appId)) continue;
      const values = compileFilter(policy.filter as AppFilter)(factsOf(row), byHand.get(appId)?.tag ?? Tag.UNSPECIFIED);
      if (!values) continue;
      const createdAt = Number(policy.createdAt?.seconds) * 1000;
      const { id: policyId, name: policyName, action } = policy as { id: string; name: string; action: Tag };
      claims.get(appId)!.push({ policyId, policyName, action, createdAt, matchedValues: values });
    }
  }
  const stored = await world.database.query<{ app_id: string; policy_id: string; matched_values: string[] }>(
    'SELECT app_id, policy_id, matched_values FROM policy_match WHERE tenant_id = $1',
    [tenant],
  );
  const shown = stored.map((row) => [row.app_id, row.policy_id, ...row.matched_values].join()).sort();
  const wanted = [...claims].flatMap(([appId, list]) =>
    list.map((c) => [appId, c.policyId, ...c.matchedValues].join()),
  );
  expect(shown).toEqual(wanted.sort());

  const { tags = [] } = await world.rpc.getAppTags(create(GetAppTagsRequestSchema, { appIds: APPS }), context);
  const told = new Map(world.drain(AppTagChangedSchema, tenant).map((event) => [event.appId, event.tag]));
  for (const appId of APPS) {
    const decision = decide(byHand.get(appId), claims.get(appId)!);
    const tag = tags.find((each) => each.appId === appId);
    if (!decision) expect(tag).toBeUndefined();
    else expect(tag).toMatchObject({ ...decision });
    // Whoever only listened knows the same.
    expect(told.get(appId)?.tag ?? Tag.UNSPECIFIED).toBe(decision?.tag ?? Tag.UNSPECIFIED);
    if (decision) expect(told.get(appId)?.reason).toBe(decision.reason);
  }
}

interface AppRow {
  tenant_id: string;
  app_id: string;
  name: string;
  category: number;
  ai_kind: number;
  generative_ai: boolean;
  score: number | null;
}

function factsOf(row: AppRow): AppFacts {
  const { app_id: appId, name, category, ai_kind: aiKind, generative_ai: generativeAi, score } = row;
  return { appId, name, category, aiKind, generativeAi, score: score ?? undefined };
}

async function ids(sql: string, tenant: string): Promise<Set<string>> {
  return new Set((await world.database.query<{ app_id: string }>(sql, [tenant])).map((row) => row.app_id));
}
