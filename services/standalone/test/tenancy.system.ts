import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EmbeddedPostgres } from '#database';
import { eventually } from '#testkit';
import { startProduct } from '../../../libs/testkit/src/product.js';
import { Api } from '../../../scripts/demo/api.js';
import { Organisation, type GraphqlAnswer } from './organisation.js';
import { allRoutes } from './routes.js';
import { SchemaWalk } from './schema-walk.js';
import { secondOrganisation } from './second-organisation.js';

const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g;
/** What moves by itself: when something was last heard of. */
const MOVING = new Set(['lastSeenAt', 'asOf', 'cursor', 'startCursor', 'endCursor', 'incidentCursor', 'auditLog']);
/** Mutations that keep a filter. */
const FILTERS_KEPT = new Set(['createPolicy', 'saveAppQuery']);
const DEPTH = 3;

describe('two organisations in one product', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-tenancy-'));
  let postgres: EmbeddedPostgres;
  let product: Awaited<ReturnType<typeof startProduct>>;
  let walk: SchemaWalk;
  /** The one that is attacked, and the one that attacks. */
  let aardvark: Organisation;
  let badger: Organisation;
  /** Cursor from before anything happened to anybody's incidents. */
  let beginning: string;
  let idsOfAardvark: string[];

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start({ directory: path.join(directory, 'postgres'), throwAway: true });
    await postgres.execute('CREATE DATABASE gnomon');
    product = await startProduct({
      directory: path.join(directory, 'data'),
      environment: { GNOMON_DATABASE_URL: postgres.url('gnomon') },
    });
    aardvark = new Organisation(product.url, 'aardvark', '10.77', product.adminToken);
    badger = new Organisation(
      product.url,
      'badger',
      '10.88',
      await secondOrganisation((sql) => postgres.execute(sql, 'gnomon'), 'badger'),
    );
    beginning = (await aardvark.ask('{ incidentCursor }'))['incidentCursor'] as string;
    walk = await SchemaWalk.of((text) => aardvark.ask(text));
    await Promise.all([aardvark.live(), badger.live()]);
    idsOfAardvark = await idsOf(aardvark, await idsOf(badger, []));
  }, 120_000);
  afterAll(async () => {
    await (product as typeof product | undefined)?.stop();
    await (postgres as EmbeddedPostgres | undefined)?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Everything that the organisation's admin can read without naming anything. */
  async function everything(organisation: Organisation): Promise<Record<string, unknown>> {
    const found: Record<string, unknown> = {};
    for (const field of walk.queries) {
      Object.assign(found, await organisation.ask(`{ ${walk.call(field, DEPTH)} }`));
    }
    return found;
  }

  /** The ids in everything an organisation can read, but for those known already. */
  async function idsOf(organisation: Organisation, known: readonly string[]): Promise<string[]> {
    const found = new Set(JSON.stringify(await everything(organisation)).match(UUID) ?? []);
    return [...found].filter((id) => !known.includes(id));
  }

  /** What of the first organisation a text shows, apart from what was put into the question. */
  function traces(text: string, asked: string): string[] {
    const rest = asked === '' ? text : text.replaceAll(asked, '').replaceAll(JSON.stringify(asked).slice(1, -1), '');
    const found: string[] = rest.match(/.{0,40}(aardvark|10\.77\.).{0,40}/gi) ?? [];
    return [...found, ...idsOfAardvark.filter((id) => id !== asked && rest.includes(id))];
  }

  /** What an attacker could have overheard: ids, names, and cursors of the other organisation's lists. */
  async function overheard(): Promise<string[]> {
    const cursors = JSON.stringify(await everything(aardvark)).matchAll(/"(?:endCursor|incidentCursor)":"([^"]+)"/g);
    const texts = ['aardvark', 'aardvark-group', 'aardvark-ann', aardvark.host, 'aardvark app', 'shared', beginning];
    const appIds = JSON.stringify(await everything(aardvark)).matchAll(/"appId":"([^"]*aardvark[^"]*)"/g);
    const found = [...idsOfAardvark, ...texts, ...[...cursors, ...appIds].map((match) => match[1]!)];
    return [...new Set(found)];
  }

  /** An operation that is wrong in itself would prove nothing. */
  function expectAnswered(errors: GraphqlAnswer['errors']): void {
    for (const { extensions } of errors ?? []) expect(extensions).toMatchObject({ detail: expect.any(String) });
  }

  it('each sees its own, and nothing of the other', async () => {
    for (const [organisation, other] of [
      [aardvark, badger],
      [badger, aardvark],
    ] as const) {
      const seen = await everything(organisation);
      for (const [name, value] of Object.entries(seen)) {
        const text = JSON.stringify(value);
        expect([name, text.match(new RegExp(`.{0,60}(${other.mark}|${other.network}\\.).{0,60}`, 'i'))]).toEqual([
          name,
          null,
        ]);
        if (value && typeof value === 'object' && 'edges' in value && name !== 'blocklistConflicts') {
          expect([name, (value as { edges: unknown[] }).edges.length]).not.toEqual([name, 0]);
        }
      }
      // The test would be worth nothing if there were nothing to see.
      for (const name of [
        'policies',
        'devices',
        'alerts',
        'incidents',
        'logUploads',
        'appTags',
        'unclaimedHosts',
        'apiTokens',
      ])
        expect([name, JSON.stringify(seen[name])]).toEqual([name, expect.stringContaining(organisation.mark)]);
    }
    expect(idsOfAardvark.length).toBeGreaterThan(15);
  });

  it('no query shows anything of the other, whatever it names', async () => {
    const values = await overheard();
    const shown: unknown[] = [];
    for (const field of walk.queries) {
      for (const where of walk.textArguments(field)) {
        for (const value of values) {
          const { data, errors } = await badger.graphql(`{ ${walk.call(field, DEPTH, where, value)} }`);
          expectAnswered(errors);
          const found = traces(JSON.stringify(data ?? {}), value);
          const isThing = where.length === 1 && where[0] === 'id' && idsOfAardvark.includes(value);
          if (found.length > 0 || (isThing && data?.[field.name]))
            shown.push([field.name, where.join('.'), value, found]);
        }
      }
    }
    expect(shown).toEqual([]);
  }, 60_000);

  it('no mutation touches anything of the other, whatever it names', async () => {
    const before = await settled();
    const names = (await overheard()).filter((value) => idsOfAardvark.includes(value) || /aardvark-?app/.test(value));
    const done: unknown[] = [];
    let tried = 0;
    for (const field of walk.mutations) {
      for (const where of walk.textArguments(field).filter((each) => walk.isId(field, each))) {
        for (const value of names) {
          const { data, errors } = await badger.graphql(`mutation { ${walk.call(field, 2, where, value)} }`);
          expectAnswered(errors);
          const { __typename: outcome } = (data?.[field.name] ?? {}) as { __typename?: string };
          tried += 1;
          // A filter of one's own may name what one does not know; it tells nothing about it.
          const isRefused = outcome !== undefined && !outcome.endsWith('Success');
          const found = traces(JSON.stringify(data ?? {}), value);
          if (found.length > 0 || (!isRefused && !FILTERS_KEPT.has(field.name)))
            done.push([field.name, where.join('.'), value, outcome, found]);
        }
      }
    }
    expect(done).toEqual([]);
    expect(tried).toBeGreaterThan(200);
    expect(await settled()).toEqual(before);
  }, 60_000);

  it('names that the other has taken are free', async () => {
    await badger.change('createPolicy(input: { name: "aardvark policy", filter: { minScore: 9.9 }, alert: false })');
    await badger.change(
      `createCustomApp(input: { name: "aardvark app", category: CRM, domains: ["${aardvark.host}"] })`,
    );
    const tagged = (await aardvark.ask('{ appTags(first: 100) { edges { node { appId } } } }'))['appTags'];
    const [own] = JSON.stringify(tagged).match(/[a-z-]*aardvark[a-z-]*/) ?? [];
    // Even where both have an app of the same id, each decides about its own.
    await badger.graphql(`mutation { deleteCustomApp(appId: "${own}") { __typename } }`);
    expect((await aardvark.ask(`{ app(id: "${own}") { name } }`))['app']).toEqual({ name: 'aardvark app' });
    await eventually(async () => {
      const text = await (await aardvark.http('/v1/blocklist.txt?group=aardvark-group', aardvark.admin)).text();
      expect(text).toContain(aardvark.host);
    });
  });

  it('no HTTP answer shows anything of the other', async () => {
    const shown: unknown[] = [];
    const asked = '?group=aardvark-group&t=x&wait=1&name=x&format=&action=block&deviceId=x&tenant=x';
    for (const { method, path: route, roles } of await allRoutes()) {
      if (route === '/graphql') continue;
      for (const credential of roles ? [badger.device, badger.integration, badger.admin] : ['']) {
        for (const query of ['', asked, ...idsOfAardvark.map((id) => `?id=${id}&device=${id}&tenant=${id}`)]) {
          const answer = await badger.http(route + query, credential, {
            method,
            headers: { 'X-Tenant-Id': idsOfAardvark[0]!, 'Content-Type': 'application/json' },
            ...(method === 'GET' ? {} : { body: '{"sequence":900,"events":[],"revision":1,"status":"applied"}' }),
          });
          const text = (await answer.text()).replaceAll('aardvark-group', '');
          const id = /\?id=([^&]+)/.exec(query)?.[1] ?? '';
          const found = traces(text, id);
          if (found.length > 0 || answer.status >= 500) shown.push([method, route, query, answer.status, found]);
        }
      }
    }
    expect(shown).toEqual([]);
  }, 60_000);

  it('each device gets its own list, and an upload under the other’s id is its own', async () => {
    for (const [organisation, other] of [
      [aardvark, badger],
      [badger, aardvark],
    ] as const) {
      const list = await (await organisation.http('/v1/blocklist', organisation.device)).text();
      expect(list).not.toContain(`"${other.host}"`);
      expect(list).not.toContain(`${other.mark}-group`);
      expect(await (await organisation.http('/v1/blocklist.txt', organisation.device)).text()).toContain(
        organisation.host,
      );
    }
    // The very same file under the very same id: each counts it once.
    const content = aardvark.log(29_000_500);
    for (const organisation of [aardvark, badger]) {
      const summary = await organisation.upload('same', content);
      expect(summary).toMatchObject({ id: 'same', accepted: 3, name: `${organisation.mark}.log` });
      expect(summary['uploadedBy']).toContain(organisation.mark);
      const uses = `{ unclaimedHosts(first: 100) { edges { node { host } } } }`;
      await eventually(async () =>
        expect(JSON.stringify(await organisation.ask(uses))).toContain('files.aardvark.example'),
      );
    }
  });

  it('no subscription tells anything of the other, from whichever cursor it begins', async () => {
    const client = new Api(product.url, badger.admin).subscriber();
    const heard: string[] = [];
    const after = (await aardvark.ask('{ incidentCursor }'))['incidentCursor'] as string;
    try {
      for (const field of walk.subscriptions) {
        for (const value of [beginning, after]) {
          const query = `subscription { ${walk.call(field, DEPTH, ['after'], value)} }`;
          client.subscribe(
            { query },
            {
              next: (message) => heard.push(JSON.stringify(message)),
              error: (error) => heard.push(`ended: ${JSON.stringify(error)}`),
              complete: () => undefined,
            },
          );
        }
      }
      for (const organisation of [aardvark, badger]) await organisation.comment(`${organisation.mark} says more`);
      // What the second one does comes last: once it is heard, the first one's would have been.
      await eventually(async () => {
        expect(heard.filter((each) => each.includes('badger says more')).length).toBeGreaterThanOrEqual(2);
        await Promise.resolve();
      });
      expect(heard.flatMap((message) => traces(message.replaceAll('aardvark app', ''), ''))).toEqual([]);
    } finally {
      await client.dispose();
    }
  });

  /** Everything the first organisation can read, once it no longer moves. */
  async function settled(): Promise<unknown> {
    let last: string | undefined;
    await eventually(
      async () => {
        const before = last;
        last = JSON.stringify(await everything(aardvark), (key, value: unknown) =>
          MOVING.has(key) ? undefined : value,
        );
        expect(last).toBe(before);
      },
      { timeoutMs: 15_000 },
    );
    return JSON.parse(last!);
  }
});
