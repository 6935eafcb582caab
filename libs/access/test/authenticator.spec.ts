import { beforeEach, describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import {
  AuthenticateDeviceResponseSchema,
  AuthenticateTokenResponseSchema,
  DeviceSchema,
  type AuthenticateTokenResponse,
} from '#contracts';
import { DomainError, Metrics, newId } from '#kernel';
import { FakeClock } from '#testkit';
import {
  AccessSettings,
  Authenticator,
  issueCredential,
  OidcSettings,
  OidcVerifier,
  unauthenticated,
  type CredentialDirectory,
  type KnownCredential,
} from '#access';

const TENANT = newId();

describe('Authenticator', () => {
  const clock = new FakeClock(new Date('2026-01-01T00:00:00Z'));
  let known: Map<string, KnownCredential>;
  let asked: number;
  let answerToken: () => Promise<AuthenticateTokenResponse>;
  let authenticator: Authenticator;

  beforeEach(() => {
    known = new Map();
    asked = 0;
    answerToken = () => Promise.reject(unauthenticated());
    const settings = { ...AccessSettings.load({}), maxLookups: 2 };
    authenticator = new Authenticator(
      { get: (id: string) => known.get(id) } as CredentialDirectory,
      new OidcVerifier(OidcSettings.load({}), clock),
      clock,
      {
        authenticateToken: () => {
          asked += 1;
          return answerToken();
        },
        bootstrap: () => Promise.reject(new Error('not asked here')),
        getFirstTenant: () => Promise.reject(new Error('not asked here')),
        recoverAdmin: () => Promise.reject(new Error('not asked here')),
      },
      {
        authenticateDevice: () =>
          Promise.resolve(
            create(AuthenticateDeviceResponseSchema, {
              tenantId: TENANT,
              device: create(DeviceSchema, { id: newId(), name: 'laptop' }),
            }),
          ),
      } as never,
      settings,
      new Metrics(),
    );
  });

  function knownToken(init: { revoked?: boolean; expiresAt?: Date } = {}): string {
    const id = newId();
    const { text, hash } = issueCredential('gno', id);
    known.set(id, {
      hash,
      revoked: init.revoked ?? false,
      principal: { tenantId: TENANT, kind: 'user', id, name: 'Ann', roles: ['viewer'], expiresAt: init.expiresAt },
    });
    return text;
  }

  it('lets a known token in without asking', async () => {
    await expect(authenticator.authenticateHeader(`Bearer ${knownToken()}`)).resolves.toMatchObject({
      tenantId: TENANT,
      name: 'Ann',
    });
    expect(asked).toBe(0);
  });

  it('refuses a known token with another secret, of another kind, revoked or expired, without asking', async () => {
    const right = knownToken();
    const id = right.slice(4, 40);
    const texts = [
      issueCredential('gno', id).text,
      right.replace('gno_', 'gnd_'),
      knownToken({ revoked: true }),
      knownToken({ expiresAt: clock.now() }),
    ];
    for (const text of texts)
      await expect(authenticator.authenticate(text)).rejects.toMatchObject({ code: 'access.unauthenticated' });
    expect(asked).toBe(0);
  });

  it('a token expires while it is known', async () => {
    const text = knownToken({ expiresAt: new Date(clock.now().getTime() + 1000) });
    await authenticator.authenticate(text);
    clock.advance(1000);
    await expect(authenticator.authenticate(text)).rejects.toMatchObject({ kind: 'unauthenticated' });
  });

  it('asks for an unknown token, and remembers only refusals', async () => {
    const { text } = issueCredential('gno', newId());
    await expect(authenticator.authenticate(text)).rejects.toMatchObject({ kind: 'unauthenticated' });
    await expect(authenticator.authenticate(text)).rejects.toMatchObject({ kind: 'unauthenticated' });
    expect(asked).toBe(1);
    clock.advance(30_000);
    answerToken = () =>
      Promise.resolve(
        create(AuthenticateTokenResponseSchema, { tenantId: TENANT, name: 'Ann', roles: ['admin', 'root', 'device'] }),
      );
    await expect(authenticator.authenticate(text)).resolves.toMatchObject({ roles: ['admin'] });
    await authenticator.authenticate(text);
    expect(asked).toBe(3);
  });

  it('asks once for the same token at a time, and for few at a time', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    answerToken = () => gate.then(() => Promise.reject(unauthenticated()));
    const [one, two, three] = [newId(), newId(), newId()].map((id) => issueCredential('gno', id).text);
    const answers = [one, one, two].map((text) =>
      authenticator.authenticate(text!).catch((error: DomainError) => error.code),
    );
    await expect(authenticator.authenticate(three!)).rejects.toMatchObject({ kind: 'overloaded' });
    release();
    expect(await Promise.all(answers)).toEqual(Array(3).fill('access.unauthenticated'));
    expect(asked).toBe(2);
  });

  it('an outage is not a refusal', async () => {
    const { text } = issueCredential('gno', newId());
    answerToken = () => Promise.reject(new DomainError('unavailable', 'rpc.unavailable', 'away'));
    await expect(authenticator.authenticate(text)).rejects.toMatchObject({ kind: 'unavailable' });
    answerToken = () =>
      Promise.resolve(create(AuthenticateTokenResponseSchema, { tenantId: TENANT, roles: ['viewer'] }));
    await expect(authenticator.authenticate(text)).resolves.toBeDefined();
  });

  it('a device is only a device', async () => {
    const principal = await authenticator.authenticate(issueCredential('gnd', newId()).text);
    expect(principal).toMatchObject({ kind: 'device', roles: ['device'], device: { name: 'laptop' } });
  });

  it.each([undefined, '', 'Bearer', 'Bearer x', 'Bearer a.b.c', `Basic ${'x'.repeat(84)}`])(
    'refuses %p',
    async (header) => {
      await expect(authenticator.authenticateHeader(header)).rejects.toMatchObject({ code: 'access.unauthenticated' });
      expect(asked).toBe(0);
    },
  );
});
