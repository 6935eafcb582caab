import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey, type JWTPayload } from 'jose';
import { newId } from '#kernel';
import { FakeClock } from '#testkit';
import { OidcSettings, OidcVerifier } from '#access';

const TENANT = newId();
const ISSUER = 'https://idp.example';
const AUDIENCE = 'gnomon';

describe('OidcVerifier', () => {
  const clock = new FakeClock(new Date('2026-01-01T00:00:00Z'));
  let server: Server;
  let privateKey: CryptoKey;
  let environment: Record<string, string>;
  let requests = 0;

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    privateKey = pair.privateKey;
    const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }];
    server = createServer((_request, response) => {
      requests += 1;
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys }));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    environment = {
      GNOMON_OIDC_ISSUER: ISSUER,
      GNOMON_OIDC_AUDIENCE: AUDIENCE,
      GNOMON_OIDC_JWKS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
      GNOMON_OIDC_ROLES_CLAIM: 'realm_access.roles',
      GNOMON_OIDC_ROLE_MAP: 'soc=analyst,siem=integration',
    };
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const verifier = (more: Record<string, string> = {}) =>
    new OidcVerifier(OidcSettings.load({ ...environment, ...more }), clock);

  function sign(
    claims: JWTPayload = {},
    { typ = 'at+jwt', issuer = ISSUER, audience = AUDIENCE, key = privateKey, alg = 'ES256' } = {},
  ): Promise<string> {
    const payload = { sub: 'u1', tenant: TENANT, realm_access: { roles: ['soc', 'other'] }, ...claims };
    return new SignJWT(payload)
      .setProtectedHeader({ alg, kid: 'k1', typ })
      .setIssuer(issuer)
      .setAudience(audience)
      .setExpirationTime(claims.exp ?? Math.floor(clock.now().getTime() / 1000) + 60)
      .sign(key);
  }

  it('knows who a valid token stands for', async () => {
    const oidc = verifier();
    const principal = await oidc.verify(await sign({ preferred_username: 'ann' }));
    expect(principal).toMatchObject({ tenantId: TENANT, kind: 'user', id: 'u1', name: 'ann', roles: ['analyst'] });
    await oidc.verify(await sign());
    expect(requests).toBe(1);
  });

  it('refuses every other token', async () => {
    const oidc = verifier();
    const stranger = (await generateKeyPair('ES256')).privateKey;
    const now = Math.floor(clock.now().getTime() / 1000);
    const tokens = [
      await sign({}, { issuer: 'https://other.example' }),
      await sign({}, { audience: 'other' }),
      await sign({}, { typ: 'JWT' }),
      await sign({}, { key: stranger }),
      await sign({ exp: now - 60 }),
      await sign({ nbf: now + 60 }),
      await sign({ tenant: 'not-an-id' }),
      await sign({ tenant: undefined }),
      await sign({ realm_access: { roles: ['admin', 'viewer'] } }),
      await sign({ realm_access: null }),
      new UnsecuredJWT({ sub: 'u1', tenant: TENANT }).setIssuer(ISSUER).setAudience(AUDIENCE).encode(),
      'a.b.c',
      '..',
    ];
    for (const token of tokens) expect(await oidc.verify(token)).toBeUndefined();
  });

  it('a program with integration roles only is an integration', async () => {
    const principal = await verifier().verify(await sign({ realm_access: { roles: ['siem'] } }));
    expect(principal).toMatchObject({ kind: 'integration', roles: ['integration'] });
  });

  it('an outage of the provider is not a refusal', async () => {
    const oidc = verifier({ GNOMON_OIDC_JWKS_URL: 'http://127.0.0.1:9/jwks' });
    await expect(oidc.verify(await sign())).rejects.toMatchObject({ code: 'access.provider-unavailable' });
  });

  it('is off unless it is configured whole', async () => {
    expect(await new OidcVerifier(OidcSettings.load({}), clock).verify(await sign())).toBeUndefined();
    expect(() => verifier({ GNOMON_OIDC_AUDIENCE: '' })).toThrow('GNOMON_OIDC_AUDIENCE');
    expect(() => OidcSettings.load({ GNOMON_OIDC_ROLE_MAP: 'x=root' })).toThrow('GNOMON_OIDC_ROLE_MAP');
    expect(() => OidcSettings.load({ GNOMON_OIDC_ROLE_MAP: 'x=device' })).toThrow('GNOMON_OIDC_ROLE_MAP');
  });
});
