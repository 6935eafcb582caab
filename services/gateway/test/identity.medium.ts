import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IdentityService } from '#contracts';
import type { Database } from '#database';
import { systemContext } from '#rpc';
import { eventually } from '#testkit';
import { AuditViews } from '../src/audit.views.js';
import { firstBrokenLink } from '../src/domain/audit-chain.js';
import { Identity } from '../src/identity.service.js';
import { gatewayApp, type GatewayApp } from './gateway-app.js';

const CREATE = `mutation($input: CreateApiTokenInput!) { createApiToken(input: $input) {
  __typename ... on CreateApiTokenSuccess { token apiToken { id name roles expiresAt createdBy } } ... on UserError { code path } } }`;
const REVOKE = `mutation($id: ID!) { revokeApiToken(id: $id) {
  __typename ... on RevokeApiTokenSuccess { apiToken { id revokedAt } } ... on UserError { code path } } }`;
const UPDATE = `mutation($input: UpdateTenantInput!) { updateTenant(input: $input) {
  __typename ... on UpdateTenantSuccess { tenant { name supportUrl } } ... on UserError { code path } } }`;
const AUDIT = `query($filter: AuditFilter, $after: String) { auditLog(filter: $filter, first: 5, after: $after) { totalCount pageInfo { hasNextPage endCursor }
  edges { node { operation outcome errorCode target arguments actorKind actorId actorName correlationId } } } }`;

describe('organisations, tokens and the audit log', () => {
  let gateway: GatewayApp;
  let database: Database;
  beforeAll(async () => {
    gateway = await gatewayApp();
    database = gateway.test.get(Identity)['db'];
  });
  afterAll(() => gateway?.test.close());

  const run = async (query: string, variables: Record<string, unknown>, token?: string) =>
    (await gateway.graphql<Record<string, Record<string, unknown>>>(query, { variables, ...(token ? { token } : {}) }))
      .data!;

  it('there is one first start', async () => {
    const identity = gateway.registry.client(IdentityService);
    await expect(identity.bootstrap({ tenantName: 'Another' }, systemContext('', 'test'))).rejects.toMatchObject({
      kind: 'conflict',
      code: 'tenant.exists',
    });
  });

  it('a lost admin token is replaced from the machine only, and that is audited', async () => {
    const identity = gateway.registry.client(IdentityService);
    const user = { ...systemContext(gateway.tenantId, 'x'), actor: { kind: 'user', id: 'x', name: 'x' } } as const;
    for (const call of [identity.recoverAdmin({}, user), identity.getFirstTenant({}, user)]) {
      await expect(call).rejects.toMatchObject({ kind: 'forbidden', code: 'tenant.system-only' });
    }
    const lost = await identity.recoverAdmin({}, systemContext('', 'standalone'));
    const kept = await identity.recoverAdmin({}, systemContext('', 'standalone'));
    expect(kept.tenantId).toBe(gateway.tenantId);
    expect(await identity.getFirstTenant({}, systemContext('', 'x'))).toMatchObject({ tenantId: gateway.tenantId });
    const { me } = await run('{ me { name roles } }', {}, kept.adminToken);
    expect(me).toEqual({ name: 'Recovered admin', roles: ['ADMIN'] });
    await eventually(async () =>
      expect((await gateway.graphql('{ me { id } }', { token: lost.adminToken })).status).toBe(401),
    );
    expect((await gateway.graphql('{ me { id } }')).status).toBe(200);
    const { auditLog } = await run(AUDIT, { filter: { operations: ['recoverAdmin'] } });
    const { edges, totalCount } = auditLog as unknown as { edges: { node: object }[]; totalCount: number };
    expect(totalCount).toBe(2);
    expect(edges[0]!.node).toMatchObject({ outcome: 'SUCCEEDED', actorKind: 'SYSTEM', actorId: 'standalone' });
    expect(JSON.stringify(edges)).not.toContain(kept.adminToken.slice(-43));
    const callers = [lost, kept].map(({ adminToken }) => adminToken.split('_')[1]!);
    await database.query('UPDATE api_token SET revoked_at = now() WHERE token_id = ANY ($1::uuid[])', [callers]);
  });

  it('many first starts at a time make one organisation', async () => {
    const other = await gatewayApp();
    try {
      await other.test.get(Identity)['db'].query('TRUNCATE tenant, api_token');
      const identity = other.registry.client(IdentityService);
      const starts = Array.from({ length: 6 }, () =>
        identity.bootstrap({ tenantName: 'One' }, systemContext('', 'test')),
      );
      const outcomes = (await Promise.allSettled(starts)).map(({ status }) => status);
      expect(outcomes.filter((status) => status === 'fulfilled')).toHaveLength(1);
    } finally {
      await other.test.close();
    }
  });

  it('a token is shown once, works at once, and stops at once', async () => {
    const { createApiToken } = await run(CREATE, { input: { name: ' SIEM ', roles: ['INTEGRATION', 'INTEGRATION'] } });
    expect(createApiToken).toMatchObject({
      __typename: 'CreateApiTokenSuccess',
      apiToken: { name: 'SIEM', roles: ['INTEGRATION'], expiresAt: null, createdBy: 'First admin' },
    });
    const token = String(createApiToken!['token']);
    const { me } = await run('{ me { name kind roles } }', {}, token);
    expect(me).toEqual({ name: 'SIEM', kind: 'INTEGRATION', roles: ['INTEGRATION'] });
    const rows = await database.query<{ stored: string }>('SELECT to_jsonb(t)::text AS stored FROM api_token t');
    expect(rows.every(({ stored }) => !stored.includes(token.slice(-43)))).toBe(true);
    const { id } = createApiToken!['apiToken'] as { id: string };
    const { revokeApiToken } = await run(REVOKE, { id });
    expect((revokeApiToken!['apiToken'] as { revokedAt: string }).revokedAt).toMatch(/^20/);
    await eventually(async () => expect((await gateway.graphql('{ me { id } }', { token })).status).toBe(401));
    expect(await run(REVOKE, { id })).toEqual({ revokeApiToken });
  });

  it.each([
    [{ name: '', roles: ['VIEWER'] }, 'api-token.name-invalid', ['input', 'name']],
    [{ name: 'x'.repeat(121), roles: ['VIEWER'] }, 'api-token.name-invalid', ['input', 'name']],
    [{ name: 'x', roles: [] }, 'api-token.roles-invalid', ['input', 'roles']],
    [
      { name: 'x', roles: ['VIEWER'], expiresAt: '2020-01-01T00:00:00Z' },
      'api-token.expiry-invalid',
      ['input', 'expiresAt'],
    ],
  ])('createApiToken refuses %j', async (input, code, path) => {
    expect((await run(CREATE, { input }))['createApiToken']).toEqual({ __typename: 'InvalidInput', code, path });
  });

  it('the last admin token stays', async () => {
    const { me } = await run('{ me { id } }', {});
    const revoked = await run(REVOKE, { id: me!['id'] });
    expect(revoked['revokeApiToken']).toEqual({ __typename: 'Conflict', code: 'api-token.last-admin', path: ['id'] });
    for (const id of ['x', '00000000-0000-7000-8000-000000000000']) {
      expect((await run(REVOKE, { id }))['revokeApiToken']).toEqual({
        __typename: 'NotFound',
        code: 'api-token.not-found',
        path: ['id'],
      });
    }
  });

  it.each([
    [{ supportUrl: 'javascript:alert(1)' }, 'tenant.support-url-invalid', ['input', 'supportUrl']],
    [{ supportUrl: 'https://user:pass@example.com' }, 'tenant.support-url-invalid', ['input', 'supportUrl']],
    [{ supportUrl: 'help' }, 'tenant.support-url-invalid', ['input', 'supportUrl']],
    [{ name: ' ' }, 'tenant.name-invalid', ['input', 'name']],
  ])('updateTenant refuses %j', async (input, code, path) => {
    expect((await run(UPDATE, { input }))['updateTenant']).toEqual({ __typename: 'InvalidInput', code, path });
  });

  it('updateTenant changes what is given', async () => {
    expect((await run(UPDATE, { input: { supportUrl: 'https://help.example.com/it' } }))['updateTenant']).toMatchObject(
      {
        tenant: { name: 'Example Ltd', supportUrl: 'https://help.example.com/it' },
      },
    );
    expect((await run(UPDATE, { input: { name: 'Example plc' } }))['updateTenant']).toMatchObject({
      tenant: { name: 'Example plc', supportUrl: 'https://help.example.com/it' },
    });
    expect((await run(UPDATE, { input: { supportUrl: null } }))['updateTenant']).toMatchObject({
      tenant: { supportUrl: null },
    });
  });

  it('lists tokens page by page, newest first', async () => {
    for (let n = 0; n < 7; n++) await gateway.tokenOf(['viewer']);
    const ids: string[] = [];
    for (let after: string | null = null, more = true; more;) {
      const page: Record<string, Record<string, unknown>> = await run(
        'query($after: String) { apiTokens(first: 3, after: $after) { totalCount edges { node { id } } pageInfo { hasNextPage endCursor } } }',
        { after },
      );
      const { edges, pageInfo } = page['apiTokens'] as {
        edges: { node: { id: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      ids.push(...edges.map((edge) => edge.node.id));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(ids).toEqual([...ids].sort().reverse());
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(8);
  });

  it('every mutation is in the audit log with its outcome, and nothing secret is', async () => {
    await run(
      'mutation { tagApp(input: { appId: "chatgpt", tag: UNSANCTIONED, reason: "gno_01a2031c-da17-7058-8bf4-234ea227cf1e_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }) { __typename } }',
      {},
    ).catch(() => undefined);
    const { auditLog } = await run(AUDIT, { filter: { operations: ['tagApp'] } });
    const [entry] = (auditLog as unknown as { edges: { node: Record<string, unknown> }[] }).edges;
    const { me } = await run('{ me { id } }', {});
    expect(entry!.node).toMatchObject({
      operation: 'tagApp',
      outcome: 'FAILED',
      errorCode: 'rpc.unavailable',
      target: 'chatgpt',
      actorKind: 'USER',
      actorId: me!['id'],
      actorName: 'First admin',
      arguments: {
        input: { appId: 'chatgpt', tag: 'UNSANCTIONED', reason: 'gn*_01a2031c-da17-7058-8bf4-234ea227cf1e_[redacted]' },
      },
    });
    const created = await run(AUDIT, { filter: { operations: ['createApiToken'] } });
    const nodes = (created['auditLog'] as unknown as { edges: { node: Record<string, unknown> }[] }).edges.map(
      ({ node }) => node,
    );
    expect(nodes.map((node) => node['outcome'])).toContain('SUCCEEDED');
    expect(nodes.map((node) => node['errorCode'])).toContain('api-token.roles-invalid');
    const rows = await database.query<{ stored: string }>('SELECT to_jsonb(a)::text AS stored FROM audit_log a');
    expect(rows.filter(({ stored }) => /gno_[^"]*_[A-Za-z0-9_-]{43}/.test(stored))).toEqual([]);
  });

  it('a viewer’s attempt is refused before it is anything', async () => {
    const before = (await run(AUDIT, {}))['auditLog']!['totalCount'];
    const viewer = await gateway.tokenOf(['viewer']);
    const answer = await gateway.graphql(REVOKE, { token: viewer, variables: { id: 'x' } });
    expect(answer.errors![0]!.extensions['code']).toBe('FORBIDDEN');
    expect((await run(AUDIT, {}))['auditLog']!['totalCount']).toBe(before);
  });

  it('the audit log pages without gaps or repeats', async () => {
    const seen: unknown[] = [];
    for (let after: string | null = null, more = true; more;) {
      const { auditLog } = await run(AUDIT, { after });
      const { edges, pageInfo } = auditLog as unknown as {
        edges: { node: { correlationId: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      seen.push(...edges.map(({ node }) => node.correlationId));
      after = pageInfo.endCursor;
      more = pageInfo.hasNextPage;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength((await run(AUDIT, {}))['auditLog']!['totalCount'] as number);
  });

  it('the audit log cannot be changed, and its chain holds under concurrent mutations', async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => run(UPDATE, { input: { name: `Name ${n}` } })));
    for (const change of ['UPDATE audit_log SET outcome = $$x$$', 'DELETE FROM audit_log', 'TRUNCATE audit_log']) {
      await expect(database.query(change)).rejects.toThrow('append-only');
    }
    const chain = await gateway.test.get(AuditViews).chain(gateway.tenantId, { after: 0, limit: 10_000 });
    expect(chain.length).toBeGreaterThan(24);
    expect(firstBrokenLink(chain)).toBeUndefined();
  });

  it('what began and never ended is shown as such', async () => {
    const context = {
      tenantId: gateway.tenantId,
      actor: { kind: 'user', id: 'x', name: 'x' },
      correlationId: 'gone',
    } as const;
    const { Audit } = await import('../src/audit.service.js');
    await gateway.test.get(Audit).begin(context, { operation: 'vanished', target: '', arguments: {} });
    const { auditLog } = await run(AUDIT, { filter: { operations: ['vanished'] } });
    expect((auditLog as unknown as { edges: { node: unknown }[] }).edges[0]!.node).toMatchObject({
      outcome: 'UNKNOWN',
      target: null,
    });
  });
});
