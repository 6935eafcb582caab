import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  getNamedType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  type GraphQLField,
  type GraphQLInputType,
} from 'graphql';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { ALLOWED_ROLES, allows, issueCredential, PUBLIC, ROLES, type Role } from '#access';
import { newId } from '#kernel';
import { eventually } from '#testkit';
import { Identity } from '../src/identity.service.js';
import { RESOLVERS } from '../src/resolvers/resolvers.js';
import { gatewayApp, type GatewayApp } from './gateway-app.js';
import { Telemetry } from './neighbours.js';

interface Operation {
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string;
  readonly document: string;
  readonly roles: readonly Role[] | undefined;
  readonly open: boolean;
}

describe('who may do what', () => {
  let gateway: GatewayApp;
  let operations: Operation[];
  const tokens = new Map<Role, string>();

  beforeAll(async () => {
    gateway = await gatewayApp();
    operations = allOperations(gateway);
    for (const role of ROLES.filter((each) => each !== 'device')) tokens.set(role, await gateway.tokenOf([role]));
    const deviceId = newId();
    const { text, hash } = issueCredential('gnd', deviceId);
    await gateway.test.get(Telemetry).enrol(gateway.tenantId, deviceId, hash);
    tokens.set('device', text);
    await eventually(async () => expect((await gateway.graphql('{ me { id } }', { token: text })).status).toBe(200));
  });
  afterAll(() => gateway?.test.close());

  it('every operation says who may use it, and none is open to all', () => {
    expect(operations.length).toBeGreaterThan(30);
    for (const operation of operations) {
      expect([operation.name, operation.roles?.length ?? 0]).not.toEqual([operation.name, 0]);
      expect([operation.name, operation.open]).toEqual([operation.name, false]);
    }
  });

  it('without a token, every operation is 401 and nothing else', async () => {
    for (const { kind, document } of operations) {
      if (kind === 'subscription') continue;
      const answer = await gateway.graphql(document, { token: null });
      expect(answer).toEqual({ status: 401, errors: [unauthenticated] });
    }
  });

  it('a wrong, revoked or expired token is 401 and nothing else', async () => {
    const revoked = await gateway.tokenOf(['admin']);
    const context = {
      tenantId: gateway.tenantId,
      actor: { kind: 'user', id: 'x', name: 'x' },
      correlationId: 'x',
    } as const;
    await gateway.test.get(Identity).revokeToken(revoked.slice(4, 40), context);
    const expiring = await gateway.tokenOf(['admin'], { expiresAt: new Date(Date.now() + 300) });
    const wrong = [
      issueCredential('gno', newId()).text,
      issueCredential('gno', gateway.adminToken.slice(4, 40)).text,
      gateway.adminToken.replace('gno_', 'gnd_'),
      `${gateway.adminToken}x`,
      'x',
    ];
    for (const token of wrong) {
      expect(await gateway.graphql('{ me { id } }', { token })).toEqual({ status: 401, errors: [unauthenticated] });
    }
    for (const token of [revoked, expiring]) {
      await eventually(async () => {
        expect(await gateway.graphql('{ me { id } }', { token })).toEqual({ status: 401, errors: [unauthenticated] });
      });
    }
  });

  it('a refused request says how to authenticate', async () => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"query":"{__typename}"}',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
  });

  it('each role may use what is open to it, and nothing else', async () => {
    for (const { kind, name, document, roles } of operations) {
      for (const [role, token] of tokens) {
        const codes =
          kind === 'subscription' ? await subscriptionCodes(gateway, document, token) : await codesOf(document, token);
        const expected = allows([role], roles!);
        expect([name, role, codes.includes('FORBIDDEN')]).toEqual([name, role, !expected]);
      }
    }
  });

  it('tokens and audit entries of another organisation cannot be seen or changed', async () => {
    const other = newId();
    await gateway.test
      .get(Identity)
      ['db'].query(`INSERT INTO tenant (tenant_id, name, support_url, created_at) VALUES ($1, 'Other', '', now())`, [
        other,
      ]);
    const stranger = await gateway.tokenOf(['admin'], { tenantId: other });
    const mine = gateway.adminToken.slice(4, 40);
    const revoke = 'mutation($id: ID!) { revokeApiToken(id: $id) { __typename } }';
    const answer = await gateway.graphql(revoke, { token: stranger, variables: { id: mine } });
    expect(answer.data).toEqual({ revokeApiToken: { __typename: 'NotFound' } });
    const lists = await gateway.graphql(
      '{ me { tenant { id } } apiTokens(first: 100) { totalCount } auditLog(first: 100) { totalCount } }',
      {
        token: stranger,
      },
    );
    expect(lists.data).toEqual({
      me: { tenant: { id: other } },
      apiTokens: { totalCount: 1 },
      // Its own attempt to revoke.
      auditLog: { totalCount: 1 },
    });
    expect((await gateway.graphql('{ me { id } }')).status).toBe(200);
  });

  async function codesOf(document: string, token: string): Promise<unknown[]> {
    const answer = await gateway.graphql(document, { token });
    return (answer.errors ?? []).map((error) => error.extensions['code']);
  }
});

const unauthenticated = {
  message: 'A valid bearer token is needed.',
  extensions: { code: 'UNAUTHENTICATED', detail: 'access.unauthenticated' },
};

async function subscriptionCodes(gateway: GatewayApp, query: string, token: string): Promise<unknown[]> {
  const client = createClient({
    url: `${gateway.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  try {
    return await new Promise((resolve) => {
      client.subscribe(
        { query },
        {
          next: ({ errors }) => resolve((errors ?? []).map((error) => error.extensions?.['code'])),
          error: (errors) =>
            resolve(Array.isArray(errors) ? errors.map((error) => error.extensions?.['code']) : ['closed']),
          complete: () => resolve([]),
        },
      );
      // A subscription that is accepted stays silent.
      setTimeout(() => resolve([]), 300);
    });
  } finally {
    await client.dispose();
  }
}

/** One valid document for each root field, with the least of arguments. */
function allOperations(gateway: GatewayApp): Operation[] {
  const { schema } = gateway.test.get(GraphQLSchemaHost);
  const found: Operation[] = [];
  for (const kind of ['query', 'mutation', 'subscription'] as const) {
    const type = {
      query: schema.getQueryType(),
      mutation: schema.getMutationType(),
      subscription: schema.getSubscriptionType(),
    }[kind];
    for (const field of Object.values(type!.getFields())) {
      const resolver = RESOLVERS.find(
        (each) => Object.hasOwn(each.prototype, field.name) && resolves(each, field.name),
      );
      const handler = resolver && (resolver.prototype as unknown as Record<string, object>)[field.name];
      found.push({
        kind,
        name: field.name,
        document: `${kind} { ${field.name}${argumentsOf(field)}${isCompositeType(getNamedType(field.type)) ? ' { __typename }' : ''} }`,
        roles: handler && (Reflect.getMetadata(ALLOWED_ROLES, handler) as readonly Role[] | undefined),
        open: handler !== undefined && Boolean(Reflect.getMetadata(PUBLIC, handler)),
      });
    }
  }
  return found;
}

/** Root fields and fields of types may have the same name. */
function resolves(resolver: (typeof RESOLVERS)[number], field: string): boolean {
  const handler = (resolver.prototype as unknown as Record<string, object>)[field]!;
  return ['Query', 'Mutation', 'Subscription'].includes(
    Reflect.getMetadata('graphql:resolver_type', handler) as string,
  );
}

function argumentsOf(field: GraphQLField<unknown, unknown>): string {
  const given = field.args.filter(isRequiredArgument).map((arg) => `${arg.name}: ${literalOf(arg.type)}`);
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

function literalOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literalOf(type.ofType);
  if (isListType(type)) return `[${literalOf(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields()).filter(isRequiredInputField);
    return `{ ${fields.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')} }`;
  }
  return { Int: '1', Float: '1', Long: '1', Boolean: 'true', DateTime: '"2030-01-01T00:00:00Z"' }[type.name] ?? '"x"';
}
