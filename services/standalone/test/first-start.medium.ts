import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IdentityService, TelemetryService } from '#contracts';
import { ContractRegistry, systemContext } from '#rpc';
import { testApp, type TestApp } from '#testkit';
import { firstStart } from '../src/first-start.js';
import { StandaloneModule } from '../src/standalone.module.js';

const PLAIN = { tenantName: 'Example Ltd', supportUrl: '', recoverAdmin: false };
const RECOVER = { ...PLAIN, recoverAdmin: true };

describe('a first start that was killed', () => {
  let app: TestApp;
  let registry: ContractRegistry;
  let lostToken: string;
  beforeAll(async () => {
    app = await testApp({ imports: [StandaloneModule] });
    registry = app.get(ContractRegistry);
    // As far as it came: the organisation is there, nothing was printed.
    const started = registry.client(IdentityService).bootstrap(PLAIN, systemContext('', 'standalone'));
    lostToken = (await started).adminToken;
  });
  afterAll(() => app?.close());

  async function roles(token: string): Promise<unknown> {
    const answer = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ me { roles } }' }),
    });
    return ((await answer.json()) as { data?: { me: { roles: string[] } } }).data?.me.roles;
  }

  it('leaves the enrolment secret to the next one, once', async () => {
    const made = await firstStart(registry, PLAIN);
    expect(made).toEqual({ adminToken: undefined, enrolmentSecret: expect.stringMatching(/^gne_/) });
    expect(await firstStart(registry, PLAIN)).toEqual({ adminToken: undefined });
  });

  it('loses no admin for good: one is made where that is asked for', async () => {
    const { adminToken, enrolmentSecret } = await firstStart(registry, RECOVER);
    expect([await roles(adminToken!), enrolmentSecret]).toEqual([['ADMIN'], undefined]);
    expect(adminToken).not.toBe(lostToken);
    const { tenantId } = await registry
      .client(IdentityService)
      .authenticateToken({ token: adminToken! }, systemContext('', 'test'));
    const secrets = await registry
      .client(TelemetryService)
      .listEnrolmentSecrets({ page: { first: 9 } }, systemContext(tenantId, 'test'));
    expect(secrets.enrolmentSecrets).toHaveLength(1);
  });
});
