import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { auditServer, type AuditFail } from 'graphql-http';
import { gatewayApp, type GatewayApp } from './gateway-app.js';

describe('GraphQL over HTTP', () => {
  let gateway: GatewayApp;
  beforeAll(async () => {
    gateway = await gatewayApp();
  });
  afterAll(() => gateway?.test.close());

  function send(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${gateway.adminToken}`, ...headers },
      body: body as string,
    });
  }

  it('takes who opens its address to GraphiQL', async () => {
    const answer = await fetch(gateway.url, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe('/graphiql');
  });

  it('passes the audit of graphql-http: no errors, at most three warnings', async () => {
    const results = await auditServer({
      url: `${gateway.url}/graphql`,
      fetchFn: (url: string, init: RequestInit = {}) =>
        fetch(url, { ...init, headers: { ...init.headers, Authorization: `Bearer ${gateway.adminToken}` } }),
    });
    const failed = results.filter((result): result is AuditFail => result.status !== 'ok');
    const named = (status: string) =>
      failed.filter((result) => result.status === status).map(({ id, reason }) => `${id} ${reason}`);
    expect(named('error')).toEqual([]);
    expect(named('warn').length).toBeLessThanOrEqual(3);
    expect(results.length).toBeGreaterThanOrEqual(60);
  });

  it.each([
    [
      'depth',
      '{ incidents(first: 1) { edges { node { alerts(first: 1) { edges { node { incident { alerts(first: 1) { edges { node { incident { id } } } } } } } } } } } }',
      'GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT',
    ],
    [
      'aliases',
      `{ ${Array.from({ length: 16 }, (_, n) => `a${n}: __typename`).join(' ')} }`,
      'GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT',
    ],
    ['directives', `{ __typename ${'@include(if: true) '.repeat(6)} }`, 'GRAPHQL_VALIDATION_FAILED|BAD_USER_INPUT'],
    ['tokens', `{ ${'__typename '.repeat(1_001)} }`, 'GRAPHQL_PARSE_FAILED'],
    [
      'cost',
      '{ incidents(first: 100) { edges { node { alerts(first: 100) { edges { node { id title kind severity } } } } } } }',
      'TOO_LARGE',
    ],
    [
      'introspection depth',
      '{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['batches', '', 'BAD_REQUEST'],
  ])('limits %s', async (limit, query, code) => {
    const response = await send(
      limit === 'batches' ? '[{"query":"{__typename}"},{"query":"{__typename}"}]' : JSON.stringify({ query }),
    );
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    expect(errors[0]!.extensions.code).toMatch(new RegExp(`^(${code})$`));
    expect(response.status).toBe(400);
  });

  it('limits cost where the page size is a variable', async () => {
    const query =
      'query($n: Int!) { incidents(first: $n) { edges { node { alerts(first: $n) { edges { node { id title kind severity } } } } } } }';
    expect((await gateway.graphql(query, { variables: { n: 100 } })).errors![0]!.extensions['code']).toBe('TOO_LARGE');
    expect((await gateway.graphql(query, { variables: { n: 2 } })).errors![0]!.extensions['code']).toBe('UNAVAILABLE');
  });

  it('lets GraphiQL and code generators read the schema', async () => {
    const answer = await gateway.graphql(getIntrospectionQuery({ inputValueDeprecation: true }));
    expect(answer.errors).toBeUndefined();
    expect((await gateway.graphql(getIntrospectionQuery(), { token: null })).status).toBe(401);
  });

  it('serves the schema that is committed', () => {
    const { schema } = gateway.test.get(GraphQLSchemaHost);
    const committed = readFileSync(join(import.meta.dirname, '..', 'schema.graphql'), 'utf8');
    const sorted = (text: GraphQLSchema): string => printSchema(lexicographicSortSchema(text));
    expect(sorted(schema)).toBe(sorted(buildSchema(committed)));
  });

  it('shows nothing of the schema in its errors', async () => {
    const answer = await gateway.graphql('{ tenan }');
    expect(answer.errors![0]!.message).not.toContain('Did you mean');
  });

  it('refuses requests that a browser could be tricked into sending', async () => {
    const response = await send('{"query":"{__typename}"}', { 'Content-Type': 'text/plain' });
    expect(response.status).toBeGreaterThanOrEqual(400);
    const get = await fetch(`${gateway.url}/graphql?query={__typename}`, {
      headers: { Authorization: `Bearer ${gateway.adminToken}` },
    });
    expect(get.status).toBe(400);
  });

  it('a page must have 1 to 100 items, and a cursor must be one', async () => {
    for (const first of [0, -1, 101, 2 ** 31 - 1]) {
      const answer = await gateway.graphql('query($first: Int!) { auditLog(first: $first) { totalCount } }', {
        variables: { first },
      });
      expect(answer.errors![0]!.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        detail: 'page.first-out-of-range',
        field: 'first',
      });
    }
    for (const list of ['apiTokens', 'auditLog']) {
      for (const after of ['x', 'bnVsbA', Buffer.from('["-1"]').toString('base64url'), 'x'.repeat(3_000)]) {
        const answer = await gateway.graphql(
          `query($after: String) { ${list}(first: 1, after: $after) { totalCount } }`,
          { variables: { after } },
        );
        expect(answer.errors![0]!.extensions).toMatchObject({ detail: 'page.cursor-invalid', field: 'after' });
      }
    }
  });

  it('refuses texts that cannot be stored', async () => {
    for (const name of ['a\0b', 'half \ud800 pair']) {
      const answer = await gateway.graphql(
        'mutation($name: String) { updateTenant(input: { name: $name }) { ... on InvalidInput { code path } } }',
        {
          variables: { name },
        },
      );
      expect(answer.data?.['updateTenant'] ?? answer.errors?.[0]?.extensions).toMatchObject(
        answer.data?.['updateTenant']
          ? { code: 'argument.text-invalid' }
          : { detail: 'argument.text-invalid', field: 'input.name' },
      );
    }
  });

  it('random bytes never make a 5xx', async () => {
    const types = [
      'application/json',
      'application/graphql-response+json',
      'text/plain',
      'application/json; charset=utf-16',
      'x',
    ];
    for (let n = 0; n < 300; n++) {
      const bytes =
        n % 3 === 0
          ? Buffer.from(`{"query":"${randomBytes(n).toString('latin1')}","variables":${n}}`)
          : randomBytes(n * 7);
      const response = await send(bytes, { 'Content-Type': types[n % types.length]! });
      expect(response.status).toBeGreaterThanOrEqual(400);
      expect(response.status).toBeLessThan(500);
    }
    for (const host of ['%', '[', 'a b', '', 'localhost:99999']) {
      for (const upgrade of ['', 'Upgrade: websocket\r\nConnection: Upgrade\r\n']) {
        for (const path of ['/graphql', '//', '/graphql?%']) {
          const head = `POST ${path} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}Authorization: Bearer ${gateway.adminToken}\r\n`;
          const status = await rawStatus(
            gateway.url,
            `${head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`,
          );
          expect([host, path, status]).toEqual([host, path, expect.stringMatching(/^4\d\d$/)]);
        }
      }
    }
    for (const path of [
      '/graphql/',
      '/graphql/x',
      '/graphiql/assets/..%2f..%2fpackage.json',
      '/graphiql/assets/%00',
      '/graphql?query=%ff%fe',
    ]) {
      expect((await fetch(gateway.url + path)).status).toBeLessThan(500);
    }
  });
});

/** Sends bytes as they are, and answers the status of what comes back. */
async function rawStatus(url: string, request: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return /^HTTP\/1\.1 (\d+)/.exec(chunk.toString())?.[1] ?? '';
}
