import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { issueCredential } from '#access';
import { newId } from '#kernel';
import { eventually } from '#testkit';
import { startProduct } from '../../../libs/testkit/src/product.js';
import { nastyBody, nastyText, Seeded, tamperedWith } from './nasty.js';
import { sendRaw } from './raw-http.js';
import { allRoutes, type Route } from './routes.js';

/** For how long random requests are sent, in milliseconds. */
const BARRAGE_MS = 15_000;
const AT_ONCE = 6;
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'get', 'G\0T'];
const TYPES = [
  'application/json',
  'application/x-protobuf',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/json; charset=utf-16',
  '',
  ';;;',
];
const ENCODINGS = ['gzip', 'x-gzip', 'br', 'gzip, gzip', 'identity', '\u00ff'];
const ODD_HEADERS = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: gzip',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 5, 6',
  'Expect: 100-continue',
  'Expect: nonsense',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Connection: Upgrade\r\nUpgrade: h2c',
  'If-None-Match: "x", W/"y", *',
  'Accept: application/x-protobuf',
  'X-Correlation-Id: a\tb',
  'Range: bytes=0-0',
  'Cookie: a=b',
  'X-Forwarded-Host: [',
  `X-Long: ${'x'.repeat(20_000)}`,
  'X Space: y',
  ': no name',
  'Folded: a\r\n b',
];
const HOSTS = ['localhost', '', '%', '[', 'a b', 'localhost:99999', '\u00ff\0', 'evil.example\\@x'];
const QUERIES = [
  '',
  '?',
  '?wait=-1',
  '?wait=1',
  '?wait=99999999999999999999',
  '?host=%',
  '?t=%00&host=%00',
  '?name=%ff%fe&format=x&id=%2e%2e%2f',
  '?name=a&name=b&id=a&id=b&format=&format=',
  '?__proto__[x]=1&constructor=1',
  '?group=%00',
  '?group[]=x&action=nothing',
  `?id=${'x'.repeat(5_000)}`,
  '?query={__typename}',
  '?host=<script>&t=x',
];

describe('bad input', () => {
  let product: Awaited<ReturnType<typeof startProduct>>;
  let routes: Route[];
  let device: string;
  let integration: string;
  beforeAll(async () => {
    [product, routes] = await Promise.all([startProduct(), allRoutes()]);
    device = await enrol('good-device');
    const made = await graphql(
      'mutation { createApiToken(input: { name: "SIEM", roles: [INTEGRATION] }) { ... on CreateApiTokenSuccess { token } } }',
    );
    integration = (made.data!['createApiToken'] as { token: string }).token;
  });
  afterAll(() => (product as typeof product | undefined)?.stop());

  async function enrol(name: string): Promise<string> {
    const answer = await fetch(`${product.url}/v1/enrol`, {
      method: 'POST',
      body: JSON.stringify({ secret: product.enrolmentSecret, name, os: 'Linux', agentVersion: '1' }),
    });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as { credential: string }).credential;
  }

  async function graphql(query: string, variables: Record<string, unknown> = {}): Promise<GraphqlAnswer> {
    const response = await fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${product.adminToken}` },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphqlAnswer;
  }

  /** The product lives, and what it is for still works: a batch is taken and counted, exactly once. */
  async function expectToWork(appId: string, host: string): Promise<void> {
    expect(product.process.exitCode).toBeNull();
    expect((await fetch(`${product.url}/readyz`)).status).toBe(200);
    const credential = await enrol(`after ${appId}`);
    const events = ['ann', 'bob', 'ann'].map((user) => ({ time: new Date().toISOString(), host, user, bytesUp: 10 }));
    const answer = await fetch(`${product.url}/v1/telemetry`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${credential}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ sequence: 1, events }),
    });
    expect([answer.status, await answer.json()]).toEqual([200, expect.objectContaining({ accepted: 3, rejected: [] })]);
    const query = `{ discoveredApps(first: 1, filter: { appIds: ["${appId}"] }) { edges { node { transactions users bytesUp } } } }`;
    const counted = { edges: [{ node: { transactions: 3, users: 2, bytesUp: 30 } }] };
    await eventually(async () => expect((await graphql(query)).data?.['discoveredApps']).toEqual(counted), {
      timeoutMs: 15_000,
    });
  }

  it('knows every way in', () => {
    const paths = new Set(routes.map((route) => route.path));
    for (const path of ['/v1/enrol', '/v1/telemetry', '/v1/logs', '/v1/blocklist', '/blocked', '/metrics', '/graphql'])
      expect(paths).toContain(path);
  });

  it('whatever is sent, no answer is a defect, and the product goes on', async () => {
    const tokens = [undefined, device, integration, product.adminToken, 'x', issueCredential('gno', newId()).text];
    const wrong: string[] = [];
    const statuses = new Map<number, number>();
    const deadline = Date.now() + BARRAGE_MS;
    const barrage = async (seed: number): Promise<void> => {
      const random = new Seeded(seed);
      while (Date.now() < deadline && wrong.length < 5) {
        const request = nastyRequest(random, random.pick(routes), random.pick(tokens));
        const { status, head } = await sendRaw(product.url, request);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        const deliberate = status === 503 && /^retry-after: \d+/im.test(head);
        if (status >= 500 && !deliberate) wrong.push(`${request.toString('latin1').slice(0, 1_500)}\n→ ${head}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => barrage(index + 1)));
    expect(wrong).toEqual([]);
    // It was no barrage if everything bounced off the first check.
    for (const status of [200, 400, 401, 403, 404, 413]) expect([...statuses.keys()]).toContain(status);
    await expectToWork('claude', 'claude.ai');
  }, 60_000);

  it('a WebSocket that talks nonsense is closed, and nothing else happens', async () => {
    const random = new Seeded(99);
    const url = `${product.url.replace('http', 'ws')}/graphql`;
    const answers: string[] = [];
    for (let n = 0; n < 40; n += 1) {
      const socket = new WebSocket(url, random.pick([['graphql-transport-ws'], ['graphql-ws'], []]));
      socket.on('message', (data: Buffer) => answers.push(data.toString()));
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await Promise.race([new Promise((resolve) => socket.once('open', resolve)), closed]);
      if (socket.readyState !== socket.OPEN) continue;
      const token = random.pick([product.adminToken, integration, device, 'x', '\0']);
      const init = { type: 'connection_init', payload: { Authorization: `Bearer ${token}` } };
      if (random.chance(0.7)) socket.send(JSON.stringify(init));
      for (const message of nastyMessages(random)) socket.send(message);
      await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 150))]);
      socket.terminate();
    }
    expect(answers.filter((answer) => answer.includes('INTERNAL'))).toEqual([]);
    expect(answers.join()).toContain('connection_ack');
    await expectToWork('chatgpt', 'chatgpt.com');
  });

  it('every way in that is not open refuses wrong tokens, and tells nothing', async () => {
    const strangers = [undefined, 'x', issueCredential('gno', newId()).text, issueCredential('gnd', newId()).text];
    strangers.push(product.adminToken.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')));
    for (const { method, path, roles } of routes) {
      if (!roles) continue;
      for (const token of strangers) {
        const answer = await call(method, path, token);
        expect([path, answer.status, answer.codes]).toEqual([path, 401, ['access.unauthenticated']]);
        expect(answer.length).toBeLessThan(250);
      }
      if (path === '/graphql') continue;
      if (!roles.includes('device')) expect([path, (await call(method, path, device)).status]).toEqual([path, 403]);
      if (!roles.includes('integration'))
        expect([path, (await call(method, path, integration)).status]).toEqual([path, 403]);
    }
  });

  async function call(method: string, path: string, token: string | undefined) {
    const answer = await fetch(product.url + path, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      ...(method === 'GET' ? {} : { body: '{"query":"{ me { id } }"}' }),
    });
    const text = await answer.text();
    const body = JSON.parse(text || '{}') as { code?: string; errors?: { extensions?: { detail?: string } }[] };
    const codes = body.errors?.map((error) => error.extensions?.detail) ?? [body.code];
    return { status: answer.status, codes, length: text.length };
  }

  it('a policy that asks for what there is not is told so', async () => {
    const create = async (filter: object): Promise<unknown> => {
      const query =
        'mutation($filter: PolicyFilterInput!) { createPolicy(input: { name: "Wrong", filter: $filter }) { __typename ... on UserError { code path } } }';
      const { data, errors } = await graphql(query, { filter });
      return data?.['createPolicy'] ?? errors?.[0]?.extensions['code'];
    };
    expect(await create({ categories: ['NO_SUCH_CATEGORY'] })).toBe('BAD_USER_INPUT');
    for (const [field, value] of [
      ['minScore', -0.1],
      ['maxScore', 10.1],
    ] as const) {
      expect(await create({ [field]: value })).toEqual({
        __typename: 'InvalidInput',
        code: expect.stringMatching(/^policy\./),
        path: ['input', 'filter', field],
      });
    }
  });

  it('one device that lies about its traffic leaves the lists readable', async () => {
    const events = Array.from({ length: 5_000 }, () => ({
      time: new Date().toISOString(),
      host: 'gamma.app',
      bytesUp: 2 ** 40,
    }));
    const liar = await enrol('liar');
    for (const sequence of [1, 2, 3]) {
      const answer = await fetch(`${product.url}/v1/telemetry`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${liar}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ sequence, events }),
      });
      expect(answer.status).toBe(200);
    }
    await eventually(
      async () => {
        const { data, errors } = await graphql(
          '{ discoveredApps(first: 100) { edges { node { appId transactions bytesUp } } } }',
        );
        expect(errors).toBeUndefined();
        const { edges } = data!['discoveredApps'] as { edges: { node: Record<string, unknown> }[] };
        const gamma = edges.find(({ node }) => node['appId'] === 'gamma')?.node;
        expect(gamma).toMatchObject({ transactions: 15_000, bytesUp: Number.MAX_SAFE_INTEGER });
      },
      { timeoutMs: 20_000 },
    );
  });

  it('a cursor that was tampered with is refused, or leads somewhere in the list', async () => {
    const lists = await listsOfSchema();
    expect(lists.length).toBeGreaterThan(10);
    const wrong: unknown[] = [];
    for (const list of lists) {
      const page = (after: string | null): Promise<GraphqlAnswer> =>
        graphql(`query($after: String) { ${list}(first: 1, after: $after) { pageInfo { endCursor } } }`, { after });
      const cursor = ((await page(null)).data?.[list] as { pageInfo: { endCursor: string | null } }).pageInfo.endCursor;
      for (const tampered of tamperedWith(cursor)) {
        const { errors } = await page(tampered);
        const codes = errors?.map((error) => error.extensions['code']) ?? [];
        if (codes.includes('INTERNAL')) wrong.push([list, Buffer.from(tampered, 'base64url').toString()]);
      }
    }
    expect(wrong).toEqual([]);
  }, 30_000);

  it('connections that were left open do not hold up the end', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nand more';
    const heads = [
      '',
      'GET /v1/blocklist HT',
      `GET /nowhere HTTP/1.1\r\nHost: x\r\n${upgrade}`,
      `GET /graphql HTTP/1.1\r\nHost: x\r\n${upgrade}`,
      'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n',
      `POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n`,
    ];
    const sockets = heads.map((head) => {
      const socket = connect({ port: Number(new URL(product.url).port), host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined);
      socket.write(head);
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    // An answer on the last connection says that the ones before were taken in.
    expect((await fetch(`${product.url}/healthz`)).status).toBe(200);
    const began = Date.now();
    const ended = once(product.process, 'exit');
    product.process.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(Date.now() - began).toBeLessThan(15_000);
    for (const socket of sockets) socket.destroy();
  });

  async function listsOfSchema(): Promise<string[]> {
    const { data } = await graphql('{ __schema { queryType { fields { name args { name } } } } }');
    const { queryType } = data!['__schema'] as { queryType: { fields: { name: string; args: { name: string }[] }[] } };
    const hasCursor = ({ args }: { args: { name: string }[] }): boolean => args.some(({ name }) => name === 'after');
    return queryType.fields.filter(hasCursor).map((field) => field.name);
  }
});

interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: { readonly extensions: Record<string, unknown> }[];
}

function nastyRequest(random: Seeded, route: Route, token: string | undefined): Buffer {
  const body = nastyBody(random);
  const method = random.chance(0.75) ? route.method : random.pick(METHODS);
  const target = random.chance(0.7) ? route.path : mangled(random, route.path);
  const headers = [`Host: ${random.chance(0.8) ? 'localhost' : random.pick(HOSTS)}`];
  if (token) headers.push(`Authorization: Bearer ${token}`);
  if (random.chance(0.8)) headers.push(`Content-Type: ${random.pick(TYPES)}`);
  if (random.chance(0.3)) headers.push(`Content-Encoding: ${random.pick(ENCODINGS)}`);
  if (random.chance(0.25)) headers.push(random.pick(ODD_HEADERS));
  // Mostly true, sometimes more than comes, sometimes less.
  const length = random.chance(0.85) ? body.length : Math.max(0, body.length + random.below(20) - 10);
  if (random.chance(0.9)) headers.push(`Content-Length: ${length}`);
  const query = random.chance(0.5) ? random.pick(QUERIES) : '';
  return Buffer.concat([
    Buffer.from(`${method} ${target}${query} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`, 'latin1'),
    body,
  ]);
}

function mangled(random: Seeded, path: string): string {
  return random.pick([
    `${path}/`,
    `/${path}`,
    `${path}/../../etc/passwd`,
    `${path}%00`,
    `${path}%`,
    `${path}%ff`,
    path.toUpperCase(),
    `${path}/${'a'.repeat(10_000)}`,
    `${path}\u00ff`,
    `${path};x=y`,
    `http://evil.example${path}`,
    '*',
    '',
    `/${encodeURIComponent(nastyText(random).replace(/\p{Cs}/gu, '?'))}`.slice(0, 2_000),
    '/graphiql/assets/..%2f..%2f..%2fpackage.json',
    '/graphiql/assets/__proto__',
  ]);
}

function nastyMessages(random: Seeded): (string | Buffer)[] {
  const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const after = random.pick([
    nastyText(random),
    cursor([1, { incident: '9'.repeat(19) }]),
    cursor([1, { incident: Array.from({ length: 100 }, () => '1').join() }]),
    cursor([1, { incident: '-1', __proto__: '0' }]),
    cursor([1, { device: '0' }]),
  ]);
  const subscribe = (payload: object): string => JSON.stringify({ id: 'a', type: 'subscribe', payload });
  const query = 'subscription($after: String) { incidentChanged(after: $after) { cursor incident { id } } }';
  return Array.from({ length: random.below(4) }, () =>
    random.pick([
      random.bytes(random.below(200)),
      nastyText(random),
      'x'.repeat(70_000),
      '{"type":"connection_init"}',
      '{"id":"a","type":"complete"}',
      '{"type":"__proto__"}',
      subscribe({ query, variables: { after } }),
      subscribe({ query, variables: { after } }),
      subscribe({ query: '{ me { id } }' }),
      subscribe({ query: nastyText(random), operationName: nastyText(random) }),
      subscribe({}),
    ]),
  );
}
