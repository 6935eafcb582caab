import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import {
  AppChangeCause,
  AppChangeKind,
  AppFeedKind,
  CatalogService,
  CatalogWeightsService,
  FactorGroup,
  RescoreState,
} from '#contracts';
import { DomainError } from '#kernel';
import type { CallContext, RpcHandlers } from '#rpc';
import { eventually } from '#testkit';
import { gatewayApp, type GatewayApp } from './gateway-app.js';
import { Catalog } from './neighbours.js';

interface Asked {
  readonly request: Record<string, unknown>;
  readonly tenantId: string;
}

const notFound = () => new DomainError('not-found', 'catalog.rescore-not-found', 'None.');
const job = { version: 3n, state: RescoreState.RUNNING, progress: 0.5, appsDone: 1, appsTotal: 2, moved: 1 };

describe('risk weights and the change feed', () => {
  let gateway: GatewayApp;
  const asked = new Map<string, Asked>();

  beforeAll(async () => {
    gateway = await gatewayApp();
    const note = <A extends object>(name: string, answer: A) =>
      (async (request: object, { tenantId }: CallContext) => {
        asked.set(name, { request: request as Record<string, unknown>, tenantId });
        return Promise.resolve(answer);
      }) as never;
    gateway.registry.serve(CatalogWeightsService, {
      getRiskWeights: note('get', {
        version: 3n,
        groups: [{ group: FactorGroup.AI, defaultImportance: 2, importance: 8 }],
        factors: [
          { factorId: 'mfa', name: 'MFA', group: FactorGroup.SECURITY, defaultImportance: 4, importance: 4 },
          { factorId: 'soc2', name: 'SOC 2', group: FactorGroup.COMPLIANCE, notApplicableAsZero: true },
        ],
      }),
      previewRiskWeights: note('preview', { apps: 2, moved: 1, histogram: [{ from: 9, before: 1, after: 2 }] }),
      applyRiskWeights: note('apply', job),
      resetRiskWeights: note('reset', job),
      getRescoreJob: ({ version }) => (version === 3n ? Promise.resolve(job) : Promise.reject(notFound())),
      listScoreOverrides: note('overrides', {}),
      listScoreHistory: note('history', {
        entries: [{ before: 3, cause: AppChangeCause.OVERRIDE_SET, causeDetail: 'audit', own: true }],
      }),
      listAppChanges: note('changes', {
        changes: [{ appId: 'chat', kinds: [AppFeedKind.ADDED], after: { name: 'Chat' } }],
        page: { cursors: ['c'], hasNextPage: false, totalCount: 1 },
      }),
    });
    gateway.registry.serve(CatalogService, {
      getApps: ({ ids }: { ids: string[] }) => Promise.resolve({ apps: ids.map((id) => ({ id, name: id })) }),
    } as unknown as RpcHandlers<typeof CatalogService>);
  });
  afterAll(() => gateway?.test.close());

  it('shows what differs from the defaults', async () => {
    const answer = await gateway.graphql(`{
      riskWeights { version groups { group importance changed } factors { factorId changed } }
      riskWeightsJob(version: 3) { state progress }
      none: riskWeightsJob { state }
    }`);
    expect(answer.data).toEqual({
      riskWeights: {
        version: 3,
        groups: [{ group: 'AI', importance: 8, changed: true }],
        factors: [
          { factorId: 'mfa', changed: false },
          { factorId: 'soc2', changed: true },
        ],
      },
      riskWeightsJob: { state: 'RUNNING', progress: 0.5 },
      none: null,
    });
  });

  it('passes weights on as they were given, for the own organisation, and records who did', async () => {
    const input = `groups: [{ group: AI, importance: 0 }], factors: [{ factorId: "mfa", notApplicableAsZero: true }]`;
    const answer = await gateway.graphql(`mutation {
      previewRiskWeights(input: { ${input}, movers: 5 }) { ... on PreviewRiskWeightsSuccess { preview { moved } } }
      applyRiskWeights(input: { ${input}, version: 2 }) { ... on ApplyRiskWeightsSuccess { job { version state } } }
      resetRiskWeights(version: 3) { __typename }
    }`);
    expect(answer.data).toEqual({
      previewRiskWeights: { preview: { moved: 1 } },
      applyRiskWeights: { job: { version: 3, state: 'RUNNING' } },
      resetRiskWeights: { __typename: 'ResetRiskWeightsSuccess' },
    });
    const groups = [{ group: FactorGroup.AI, importance: 0 }];
    expect(asked.get('preview')).toMatchObject({ tenantId: gateway.tenantId, request: { groups, movers: 5 } });
    expect(asked.get('apply')?.request).toMatchObject({
      groups,
      factors: [{ factorId: 'mfa', notApplicableAsZero: true }],
      version: 2n,
    });
    const { data } = await gateway.graphql<{ auditLog: { edges: { node: object }[] } }>(
      '{ auditLog(first: 3) { edges { node { operation } } } }',
    );
    expect(data?.auditLog.edges.map(({ node }) => node)).toEqual([
      { operation: 'resetRiskWeights' },
      { operation: 'applyRiskWeights' },
      { operation: 'previewRiskWeights' },
    ]);
  });

  it('says which argument is wrong before it asks', async () => {
    const wrong: [mutation: string, path: string[]][] = [
      ['previewRiskWeights(input: { movers: 101 })', ['input', 'movers']],
      ['applyRiskWeights(input: { version: -1 })', ['input', 'version']],
      [
        'applyRiskWeights(input: { factors: [{ factorId: "mfa", importance: -1 }] })',
        ['input', 'factors', '0', 'importance'],
      ],
      ['resetRiskWeights(version: -1)', ['version']],
    ];
    for (const [mutation, path] of wrong) {
      const answer = await gateway.graphql(`mutation { result: ${mutation} { ... on InvalidInput { path } } }`);
      expect(answer.data).toEqual({ result: { path } });
    }
  });

  it('tells how a score moved and what changed', async () => {
    const answer = await gateway.graphql(`{
      app(id: "chat") { scoreHistory(first: 7) { before after cause causeDetail own } }
      appChanges(first: 1, since: "2026-01-01T00:00:00Z", kinds: [ADDED]) {
        totalCount
        edges { node { kinds app { name } before { name } after { name } cause } }
      }
    }`);
    expect(answer.data).toEqual({
      app: { scoreHistory: [{ before: 3, after: null, cause: 'OVERRIDE_SET', causeDetail: 'audit', own: true }] },
      appChanges: {
        totalCount: 1,
        edges: [
          { node: { kinds: ['ADDED'], app: { name: 'chat' }, before: null, after: { name: 'Chat' }, cause: null } },
        ],
      },
    });
    expect(asked.get('history')?.request).toMatchObject({ appId: 'chat', first: 7 });
    expect(asked.get('changes')?.request).toMatchObject({ kinds: [AppFeedKind.ADDED] });
    const refused = await gateway.graphql('{ app(id: "chat") { scoreHistory(first: 201) { at } } }');
    expect(refused.errors?.[0]?.extensions['detail']).toBe('argument.out-of-range');
  });

  it('tells subscribers of changes of the global catalog and of their own, and of no others', async () => {
    const seen: unknown[] = [];
    const client = createClient({
      url: `${gateway.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${gateway.adminToken}` },
    });
    client.subscribe(
      {
        query: 'subscription { appChanged(kinds: [SCORE]) { appId own kinds before { score } after { score } cause } }',
      },
      { next: ({ data }) => seen.push(data?.['appChanged']), error: () => undefined, complete: () => undefined },
    );
    const catalog = gateway.test.get(Catalog);
    const change = (appId: string, more: object = {}) => ({
      appId,
      app: { id: appId, name: appId, score: 4 },
      changes: [AppChangeKind.SCORE],
      kinds: [AppFeedKind.SCORE],
      previous: { name: appId, score: 7 },
      cause: AppChangeCause.CATALOG_FILE,
      ...more,
    });
    // Whether the subscription is there yet shows by what it tells.
    await eventually(async () => {
      await catalog.change('', change('first'));
      expect(seen.length).toBeGreaterThan(0);
    });
    await catalog.change('somebody-else', change('theirs'));
    await catalog.change('', change('named', { kinds: [AppFeedKind.NAME] }));
    await catalog.change('', change('nothing', { kinds: [] }));
    const dropped = { removed: true, resultingScore: 9, cause: AppChangeCause.OVERRIDE_EXPIRED };
    await catalog.change(gateway.tenantId, change('mine', dropped));
    await eventually(async () => expect(seen).toContainEqual(expect.objectContaining({ appId: 'mine' })));
    await client.dispose();
    const others = seen.filter((each) => (each as { appId: string }).appId !== 'first');
    expect(others).toEqual([
      {
        appId: 'mine',
        own: true,
        kinds: ['SCORE'],
        before: { score: 7 },
        after: { score: 9 },
        cause: 'OVERRIDE_EXPIRED',
      },
    ]);
    expect(seen[0]).toMatchObject({ appId: 'first', own: false, after: { score: 4 } });
  });
});
