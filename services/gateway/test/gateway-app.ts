import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AccessModule, type Role } from '#access';
import { testApp, type TestApp } from '#testkit';
import { IdentityService } from '#contracts';
import { ContractRegistry, systemContext, type CallContext } from '#rpc';
import { GatewayModule } from '../src/gateway.module.js';
import { Identity } from '../src/identity.service.js';

/** A booted gateway with an organisation, and what tests ask of it. */
export interface GatewayApp {
  readonly test: TestApp;
  readonly url: string;
  readonly tenantId: string;
  readonly adminToken: string;
  readonly registry: ContractRegistry;
  tokenOf(roles: Role[], options?: { tenantId?: string; expiresAt?: Date }): Promise<string>;
  graphql<T = Record<string, unknown>>(query: string, options?: GraphqlOptions): Promise<Answer<T>>;
}

export interface GraphqlOptions {
  readonly variables?: Record<string, unknown>;
  readonly token?: string | null;
}

export interface Answer<T> {
  readonly status: number;
  readonly data?: T | null;
  readonly errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

export async function gatewayApp(): Promise<GatewayApp> {
  const test = await testApp({ imports: [GatewayModule, AccessModule] });
  const registry = test.get(ContractRegistry);
  const identity = registry.client(IdentityService);
  const made = await identity.bootstrap({ tenantName: 'Example Ltd' }, systemContext('', 'test'));
  return {
    test,
    url: test.url,
    tenantId: made.tenantId,
    adminToken: made.adminToken,
    registry,
    async tokenOf(roles, { tenantId = made.tenantId, expiresAt } = {}) {
      const input = { name: roles.join(' '), roles, expiresAt: expiresAt ?? null };
      return (await test.get(Identity).createToken(input, systemContext(tenantId, 'test'))).text;
    },
    async graphql(query, { variables, token = made.adminToken } = {}) {
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
export { create, type MessageInitShape, type CallContext };
