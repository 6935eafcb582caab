import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IdentityService } from '#contracts';
import { ContractRegistry, systemContext } from '#rpc';
import { eventually, testApp, type TestApp } from '#testkit';
import { StandaloneModule } from '../src/standalone.module.js';
import { Organisation } from './organisation.js';

const PATIENCE = { timeoutMs: 30_000 };

/** What admins change in the catalog, followed by the other services: the real ones, on the real log. */
describe('what an admin says about apps', () => {
  let app: TestApp;
  let admin: Organisation;
  beforeAll(async () => {
    app = await testApp({ imports: [StandaloneModule] });
    const identity = app.get(ContractRegistry).client(IdentityService);
    const tenant = { tenantName: 'Example Ltd', supportUrl: '', recoverAdmin: false };
    const { adminToken } = await identity.bootstrap(tenant, systemContext('', 'test'));
    admin = new Organisation(app.url, 'aardvark', '10.77', adminToken);
    const { secret } = await admin.change<{ secret: string }>('createEnrolmentSecret(input: { group: "g" })', 'secret');
    const body = JSON.stringify({ secret, name: 'laptop', os: 'x', agentVersion: '1' });
    const enrolled = await fetch(`${app.url}/v1/enrol`, { method: 'POST', body });
    admin.device = ((await enrolled.json()) as { credential: string }).credential;
  }, 60_000);
  afterAll(() => app?.close());

  const use = (host: string, count = 1) =>
    admin.send(Array.from({ length: count }, () => ({ host, user: 'ann', sourceIp: '10.77.0.1' })));
  const suggestions = async () => {
    const node = 'host kind reason transactions suggestedName suggestedDomain app { id }';
    const data = await admin.ask(`{ hostSuggestions(first: 100) { edges { node { ${node} } } } }`);
    const { edges } = data['hostSuggestions'] as { edges: { node: Record<string, unknown> }[] };
    return edges.map((edge) => edge.node);
  };
  const failure = async (mutation: string) => {
    const { data } = await admin.graphql(
      `mutation { done: ${mutation} { __typename ... on UserError { code path message } } }`,
    );
    return data?.['done'];
  };
  const blockedText = async () => (await admin.http('/v1/blocklist.txt?group=g', admin.admin)).text();

  it('moves an unclaimed host from the suggestions into discovery and the block list', async () => {
    await use('files.corp-tools.org', 5);
    await use('gpt.mirror-of-it.org', 2);
    await eventually(async () => expect((await suggestions()).map(({ host }) => host)).toHaveLength(2), PATIENCE);
    expect((await suggestions())[0]).toMatchObject({
      host: 'gpt.mirror-of-it.org',
      kind: 'NEW_AI_APP',
      reason: 'name contains “gpt”',
      transactions: 2,
      suggestedDomain: 'mirror-of-it.org',
      app: null,
    });
    await admin.change('tagApp(input: { appId: "chatgpt", tag: UNSANCTIONED })');
    await eventually(async () => expect(await blockedText()).toContain('chatgpt.com'), PATIENCE);
    expect(await blockedText()).not.toContain('mirror-of-it');

    const accept = 'acceptHostSuggestion(input: { host: "gpt.mirror-of-it.org", appId: "chatgpt" })';
    expect(await admin.change(accept, 'host app { id rules { value } }')).toMatchObject({
      app: { id: 'chatgpt', rules: expect.arrayContaining([{ value: 'gpt.mirror-of-it.org' }]) as unknown },
    });
    expect((await suggestions()).map(({ host }) => host)).toEqual(['files.corp-tools.org']);
    // The block list follows, and telemetry counts the host as the app's from now on.
    await eventually(async () => expect(await blockedText()).toContain('gpt.mirror-of-it.org'), PATIENCE);
    await eventually(async () => {
      await use('gpt.mirror-of-it.org');
      const data = await admin.ask('{ app(id: "chatgpt") { discovered { transactions } } }');
      expect(data['app']).toMatchObject({ discovered: { transactions: expect.any(Number) as unknown } });
      const left = await admin.ask('{ unclaimedHosts(first: 9) { edges { node { host } } } }');
      expect(JSON.stringify(left)).not.toContain('gpt.mirror-of-it.org');
    }, PATIENCE);

    await admin.change('unassignHost(host: "gpt.mirror-of-it.org")');
    await eventually(async () => expect(await blockedText()).not.toContain('mirror-of-it'), PATIENCE);
  });

  it('makes a suggestion an app of the organisation’s own, or dismisses it', async () => {
    expect(await failure('acceptHostSuggestion(input: { host: "files.corp-tools.org" })')).toMatchObject({
      __typename: 'InvalidInput',
      path: ['input', 'appId'],
    });
    const bad = '{ name: " ", category: CLOUD_STORAGE }';
    expect(await failure(`acceptHostSuggestion(input: { host: "x.org", newApp: ${bad} })`)).toMatchObject({
      __typename: 'InvalidInput',
      path: ['input', 'newApp', 'name'],
    });
    const taken = '{ name: "Mine", category: CRM }';
    expect(await failure(`acceptHostSuggestion(input: { host: "chatgpt.com", newApp: ${taken} })`)).toMatchObject({
      __typename: 'Conflict',
      path: ['input', 'host'],
    });
    await admin.change('dismissHostSuggestion(host: "files.corp-tools.org")');
    expect(await suggestions()).not.toContainEqual(expect.objectContaining({ host: 'files.corp-tools.org' }));
    await admin.change('restoreHostSuggestion(host: "files.corp-tools.org")');
    const made = await admin.change<{ app: Record<string, unknown> }>(
      'acceptHostSuggestion(input: { host: "files.corp-tools.org", newApp: { name: "Corp Files", category: CLOUD_STORAGE, owner: "IT" } })',
      'app { id owner custom rules { kind value } }',
    );
    expect(made.app).toEqual({
      id: 'custom-corp-files',
      owner: 'IT',
      custom: true,
      rules: [{ kind: 'HOST', value: 'files.corp-tools.org' }],
    });
    expect(await suggestions()).not.toContainEqual(expect.objectContaining({ host: 'files.corp-tools.org' }));
  });

  it('sorts apps by labels, and keeps notes about them', async () => {
    const { label } = await admin.change<{ label: { id: string } }>(
      'createAppLabel(input: { name: "Pilot", colour: "#1F77B4" })',
      'label { id colour }',
    );
    expect(
      await admin.change(`labelApps(input: { labelId: "${label.id}", appIds: ["chatgpt", "claude"] })`, 'changed'),
    ).toMatchObject({ changed: 2 });
    await admin.change('addAppNote(input: { appId: "chatgpt", text: "Under review" })');
    const node = 'id labels { name colour } notes(first: 5) { totalCount edges { node { text author } } }';
    const data = await admin.ask(
      `{ apps(first: 10, filter: { labelIds: ["${label.id}"] }) { totalCount edges { node { ${node} } } } }`,
    );
    const labels = [{ name: 'Pilot', colour: '#1f77b4' }];
    const edges = (data['apps'] as { edges: unknown[] }).edges;
    expect(edges).toMatchObject([
      { node: { id: 'chatgpt', labels, notes: { totalCount: 1, edges: [{ node: { text: 'Under review' } }] } } },
      { node: { id: 'claude', labels, notes: { totalCount: 0 } } },
    ]);
    expect(await failure(`labelApps(input: { labelId: "${label.id}", appIds: ["chatgpt", "nothing"] })`)).toMatchObject(
      {
        __typename: 'NotFound',
        path: ['input', 'appIds', '1'],
      },
    );
    await admin.change(`unlabelApps(input: { labelId: "${label.id}", appIds: ["claude"] })`);
    expect(await admin.ask('{ app(id: "claude") { labels { id } } }')).toEqual({ app: { labels: [] } });
  });

  it('tells of a conflict by the app that has the rule, and changes an app field by field', async () => {
    expect(await failure('assignHostToApp(input: { host: "claude.ai", appId: "chatgpt" })')).toMatchObject({
      __typename: 'Conflict',
      code: 'catalog.rule-taken',
      path: ['input', 'host'],
      message: expect.stringContaining('Claude') as unknown,
    });
    const changed = await admin.change<{ app: Record<string, unknown> }>(
      'updateCustomApp(input: { appId: "custom-corp-files", ipRanges: ["2001:DB8::/32"], owner: null })',
      'app { owner rules { kind value } }',
    );
    expect(changed.app).toMatchObject({ owner: null, rules: [{ kind: 'HOST' }, { kind: 'IP_RANGE' }] });
    expect(
      await failure('updateCustomApp(input: { appId: "custom-corp-files", ipRanges: ["192.0.2.1/24"] })'),
    ).toMatchObject({ __typename: 'InvalidInput', path: ['input', 'ipRanges', '0'] });
  });

  it('brings apps in by a table', async () => {
    const csv = 'name,domains,category\nIntranet,intra.example.org,CRM\nBad,co.uk,CRM\n';
    const run = (dryRun: boolean) =>
      admin.ask(
        `mutation($csv: String!) { done: importCustomApps(csv: $csv, dryRun: ${dryRun}) { ... on ImportCustomAppsSuccess {
          dryRun created updated unchanged problems { line column reason } } } }`,
        { csv },
      );
    const problems = [{ line: 3, column: 'domains', reason: '"co.uk" is a public suffix that many owners share' }];
    const first = { created: 1, updated: 0, unchanged: 0, problems };
    expect(await run(true)).toEqual({ done: { dryRun: true, ...first } });
    expect(await run(false)).toEqual({ done: { dryRun: false, ...first } });
    expect(await run(false)).toEqual({ done: { dryRun: false, ...first, created: 0, unchanged: 1 } });
    expect(await failure('importCustomApps(csv: "nothing", dryRun: false)')).toMatchObject({
      __typename: 'InvalidInput',
      code: 'catalog.csv-invalid',
      path: ['csv'],
    });
  });

  it('is in the audit log', async () => {
    const data = await admin.ask('{ auditLog(first: 100) { edges { node { operation } } } }');
    const log = JSON.stringify(data);
    for (const operation of [
      'acceptHostSuggestion',
      'dismissHostSuggestion',
      'labelApps',
      'addAppNote',
      'assignHostToApp',
    ])
      expect(log).toContain(`"${operation}"`);
  });
});
