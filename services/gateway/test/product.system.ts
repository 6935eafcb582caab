import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  buildSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  isUnionType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
} from 'graphql';
import { eventually } from '#testkit';
import { startProduct, type Product } from '../../../libs/testkit/src/product.js';

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly unknown[];
    readonly extensions?: Record<string, unknown>;
  }[];
}

const schema = buildSchema(readFileSync(join(import.meta.dirname, '..', 'schema.graphql'), 'utf8'));
const HOSTS = ['chatgpt.com', 'claude.ai', 'gamma.app', 'character.ai', 'otter.ai', 'nobody-claims-this.example'];

describe('the API in front of all services', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct();
    await upload('before.log');
    await query(
      `mutation { createPolicy(input: { name: "All AI", filter: { generativeAi: true }, action: UNSANCTIONED, severity: HIGH }) { __typename } }`,
    );
    await eventually(async () => expect(await count('appTags')).toBeGreaterThan(0), { timeoutMs: 30_000 });
    await eventually(
      async () => {
        // Use of what is unsanctioned by now.
        await upload('after.log');
        expect(await count('incidents')).toBeGreaterThan(0);
      },
      { timeoutMs: 60_000 },
    );
  }, 180_000);
  afterAll(() => product?.stop());

  async function query(text: string): Promise<Answer> {
    const response = await fetch(`${product.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${product.adminToken}` },
      body: JSON.stringify({ query: text }),
    });
    return (await response.json()) as Answer;
  }

  async function count(list: string): Promise<number> {
    const { data } = await query(`{ ${list}(first: 1) { totalCount } }`);
    return (data![list] as { totalCount: number }).totalCount;
  }

  async function upload(name: string): Promise<void> {
    const now = Date.now() / 1000;
    const lines = HOSTS.map(
      (host, n) =>
        `${(now - n).toFixed(3)} 120 10.0.0.${n + 1} TCP_TUNNEL/200 5120 CONNECT ${host}:443 user${n} HIER_DIRECT/192.0.2.1 -`,
    );
    const response = await fetch(`${product.url}/v1/logs?name=${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain', Authorization: `Bearer ${product.adminToken}` },
      body: `${lines.join('\n')}\n`,
    });
    expect(response.status).toBeLessThan(300);
  }

  it('every list has something to show', async () => {
    for (const list of [
      'apps',
      'discoveredApps',
      'unclaimedHosts',
      'appTags',
      'policies',
      'blocklistRules',
      'alerts',
      'incidents',
      'logUploads',
      'enrolmentSecrets',
      'apiTokens',
      'auditLog',
    ]) {
      expect([list, await count(list)]).not.toEqual([list, 0]);
    }
  });

  it('every field of every query can be answered from real data', async () => {
    for (const field of Object.values(schema.getQueryType()!.getFields())) {
      const answer = await query(`{ ${selectionOf(field, new Set(), 3)} }`);
      expect([field.name, answer.errors]).toEqual([field.name, undefined]);
    }
  });

  it('an app, a policy and an incident show all they have', async () => {
    const lists = (
      await query(
        '{ appTags(first: 1) { edges { node { appId policyId } } } incidents(first: 1) { edges { node { id } } } }',
      )
    ).data as Record<string, { edges: { node: Record<string, string> }[] }>;
    const { appId, policyId } = lists['appTags']!.edges[0]!.node;
    const incidentId = lists['incidents']!.edges[0]!.node['id'];
    for (const [name, id] of [
      ['app', appId],
      ['policy', policyId],
      ['incident', incidentId],
    ] as const) {
      const field = schema.getQueryType()!.getFields()[name]!;
      const answer = await query(`{ ${selectionOf(field, new Set(), 5).replace('"x"', JSON.stringify(id))} }`);
      expect([name, answer.errors]).toEqual([name, undefined]);
      expect([name, answer.data?.[name]]).not.toEqual([name, null]);
    }
  });

  it('a failure of any service is data with the path of the argument', async () => {
    const { data } = await query(`mutation {
      createPolicy(input: { name: "", filter: {} }) { ...error }
      tagApp(input: { appId: "no-such-app", tag: MONITORED }) { ...error }
      overrideScore(input: { appId: "chatgpt", score: 11, reason: "x" }) { ...error }
      createCustomApp(input: { name: "X", category: CRM, domains: ["co.uk"] }) { ...error }
      updateIncident(input: { id: "x", status: RESOLVED }) { ...error }
      addIncidentComment(incidentId: "x", text: "x") { ...error }
      revokeDevice(deviceId: "x") { ...error }
      revokeEnrolmentSecret(id: "x") { ...error }
      createEnrolmentSecret(input: { group: "No Good!" }) { ...error }
      deleteCustomApp(appId: "chatgpt") { ...error }
    } fragment error on UserError { __typename code path }`);
    const seen = Object.fromEntries(
      Object.entries(data ?? {}).map(([name, value]) => [
        name,
        value as { __typename: string; code: string; path: string[] },
      ]),
    );
    expect(
      Object.fromEntries(
        Object.entries(seen).map(([name, { __typename, path }]) => [name, `${__typename} ${path.join('.')}`]),
      ),
    ).toEqual({
      createPolicy: 'InvalidInput input.name',
      tagApp: 'NotFound input.appId',
      overrideScore: 'InvalidInput input.score',
      createCustomApp: expect.stringMatching(/^InvalidInput input\.domains/),
      updateIncident: 'NotFound input.id',
      addIncidentComment: 'NotFound incidentId',
      revokeDevice: 'NotFound deviceId',
      revokeEnrolmentSecret: 'NotFound id',
      createEnrolmentSecret: 'InvalidInput input.group',
      deleteCustomApp: 'NotFound appId',
    });
    for (const { code } of Object.values(seen)) expect(code).toMatch(/^[a-z-]+\.[a-z-]+$/);
  });

  it('no argument makes a defect show', async () => {
    const random = seeded(7);
    const defects: string[] = [];
    const roots = [schema.getQueryType()!, schema.getMutationType()!];
    for (const root of roots) {
      for (const field of Object.values(root.getFields())) {
        const tries = field.args.length === 0 ? 0 : 20;
        for (let n = 0; n < tries; n++) {
          const args = field.args
            .filter((arg) => isRequiredArgument(arg) || random() < 0.6)
            .map((arg) => `${arg.name}: ${nastyLiteral(arg.type, random)}`);
          const head = args.length > 0 ? `${field.name}(${args.join(', ')})` : field.name;
          const body = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
          const text = `${root.name.toLowerCase()} { ${head}${body} }`;
          const { errors } = await query(text);
          const codes = (errors ?? []).map((error) => error.extensions?.['code']);
          if (codes.includes('INTERNAL')) defects.push(text);
        }
      }
    }
    expect(defects).toEqual([]);
  }, 120_000);
});

const TEXTS = [
  '',
  ' ',
  'x',
  '%',
  '_',
  '\\',
  "' OR 1=1 --",
  '../..',
  '-1',
  '💥',
  'ÿ',
  'a\nb',
  'default',
  'chatgpt',
  '00000000-0000-0000-0000-000000000000',
  'x'.repeat(5_000),
  '1e999',
  '*.com',
  '[',
  'WyJ4Il0',
];
const INTS = [0, 1, -1, 2, 100, 101, 2 ** 31 - 1, -(2 ** 31)];
const FLOATS = ['0', '10', '-0.1', '10.1', '1e300', '5e-324'];
const LONGS = [0, 1, -1, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER];
const TIMES = ['"2026-01-01T00:00:00Z"', '"0000-01-01T00:00:00Z"', '"9999-12-31T23:59:59.999Z"', '"x"'];

/** A literal that fits a type and that nobody would think of. */
function nastyLiteral(type: GraphQLInputType, random: () => number): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  if (isNonNullType(type)) return nastyLiteral(type.ofType, random);
  if (isListType(type))
    return `[${Array.from({ length: pick([0, 1, 3]) }, () => nastyLiteral(type.ofType, random)).join(', ')}]`;
  if (isEnumType(type)) return pick(type.getValues()).name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter((field) => isRequiredInputField(field) || random() < 0.6);
    return `{ ${fields.map((field) => `${field.name}: ${nastyLiteral(field.type, random)}`).join(', ')} }`;
  }
  if (type.name === 'Int') return String(pick(INTS));
  if (type.name === 'Float') return pick(FLOATS);
  if (type.name === 'Long') return String(pick(LONGS));
  if (type.name === 'Boolean') return String(pick([true, false]));
  return type.name === 'DateTime' ? pick(TIMES) : JSON.stringify(pick(TEXTS));
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A field with every leaf below it, down to a depth; no type appears inside itself. */
function selectionOf(field: GraphQLField<unknown, unknown>, above: ReadonlySet<string>, depth: number): string {
  const args = field.args
    .filter(isRequiredArgument)
    .map((arg) => `${arg.name}: ${getNamedType(arg.type).name === 'Int' ? 2 : '"x"'}`);
  const head = args.length > 0 ? `${field.name}(${args.join(', ')})` : field.name;
  const type: GraphQLNamedType = getNamedType(field.type);
  if (!isCompositeType(type)) return head;
  if (!isObjectType(type) || isUnionType(type)) return `${head} { __typename }`;
  const within = new Set([...above, type.name]);
  // Connections and edges are no step of their own.
  const left = /(Connection|Edge)$/.test(type.name) ? depth : depth - 1;
  const inner = Object.values(type.getFields())
    .filter(
      (each) => !isCompositeType(getNamedType(each.type)) || (left > 0 && !within.has(getNamedType(each.type).name)),
    )
    .map((each) => selectionOf(each, within, left));
  return inner.length > 0 ? `${head} { ${inner.join(' ')} }` : `${head} { __typename }`;
}
