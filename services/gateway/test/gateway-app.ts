import { AccessModule, type Role } from '#access';
import { IdentityService } from '#contracts';
import { ContractRegistry, systemContext } from '#rpc';
import { testApp, type TestApp } from '#testkit';
import { GatewayModule } from '../src/gateway.module.js';
import { Identity } from '../src/identity.service.js';
import { CatalogTopics, CorrelatorTopics, TelemetryTopics } from './neighbours.js';

export interface GraphqlOptions {
  readonly variables?: Record<string, unknown>;
  /** Null = none. Left out = the admin's. */
  readonly token?: string | null;
}

export interface GraphqlError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface Answer<T> {
  readonly status: number;
  readonly data?: T | null;
  readonly errors?: readonly GraphqlError[];
}

/** A booted gateway with an organisation. The other services are not there: calls to them are answered `UNAVAILABLE`. */
export interface GatewayApp {
  readonly test: TestApp;
  readonly url: string;
  readonly tenantId: string;
  readonly adminToken: string;
  readonly registry: ContractRegistry;
  tokenOf(roles: Role[], options?: { expiresAt?: Date; tenantId?: string }): Promise<string>;
  graphql<T = Record<string, Record<string, unknown>>>(query: string, options?: GraphqlOptions): Promise<Answer<T>>;
}

export async function gatewayApp(): Promise<GatewayApp> {
  const test = await testApp({
    imports: [GatewayModule, AccessModule, CatalogTopics, CorrelatorTopics, TelemetryTopics],
  });
  const registry = test.get(ContractRegistry);
  const identity = registry.client(IdentityService);
  const { tenantId, adminToken } = await identity.bootstrap({ tenantName: 'Example Ltd' }, systemContext('', 'test'));
  return {
    test,
    url: test.url,
    tenantId,
    adminToken,
    registry,
    async tokenOf(roles, { expiresAt, tenantId: other } = {}) {
      const input = { name: roles.join(' '), roles, expiresAt: expiresAt ?? null };
      return (await test.get(Identity).createToken(input, systemContext(other ?? tenantId, 'test'))).text;
    },
    async graphql(query, { variables, token = adminToken } = {}) {
      const response = await fetch(`${test.url}/graphql`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as object) };
    },
  };
}

/** A cursor of `incidentChanged` that stands for now. */
export async function cursorOf(gateway: GatewayApp): Promise<string> {
  return (await gateway.graphql<{ incidentCursor: string }>('{ incidentCursor }')).data!.incidentCursor;
}
