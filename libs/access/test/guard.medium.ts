import { Controller, Get, Injectable, Module } from '@nestjs/common';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiTokenChangedSchema, DeviceChangedSchema } from '#contracts';
import { Database, DatabaseModule } from '#database';
import { EventLogModule } from '#event-log';
import { newId } from '#kernel';
import { eventually, testApp, type TestApp } from '#testkit';
import { AccessModule, Allow, Caller, issueCredential, Principal, Public, type Role } from '#access';

@Controller('nothing-said')
class NothingSaid {
  @Get()
  get(): string {
    return 'closed';
  }

  @Get('public')
  @Public()
  public(): string {
    return 'open';
  }
}

@Controller('viewers')
@Allow('viewer')
class Viewers {
  @Get()
  get(@Caller() caller: Principal): object {
    const { tenantId, kind, id, name, roles } = caller;
    return { tenantId, kind, id, name, roles };
  }

  @Get('admins')
  @Allow('admin')
  admins(): string {
    return 'admins';
  }
}

@Controller('devices')
@Public()
class Devices {
  @Get()
  @Allow('device')
  get(@Caller() caller: Principal): object {
    return { device: caller.device?.name, call: caller.context().actor };
  }
}

/** Announces tokens as the gateway would, and devices as telemetry would. */
@Injectable()
class Tokens {
  constructor(private readonly db: Database) {}

  async announce(
    tenantId: string,
    token: { id: string; hash: Buffer; roles: Role[]; revoked?: boolean; expiresAt?: Date },
  ): Promise<void> {
    const { id, hash, roles, revoked = false, expiresAt } = token;
    await this.db.transaction((tx) => {
      tx.append(
        ApiTokenChangedSchema,
        {
          tokenId: id,
          name: 'Ann',
          roles,
          secretHash: hash,
          revoked,
          expiresAt: expiresAt && timestampFromDate(expiresAt),
        },
        { tenantId },
      );
      return Promise.resolve();
    });
  }
}

@Injectable()
class Enrolment {
  constructor(private readonly db: Database) {}

  async announce(tenantId: string, device: { id: string; hash: Buffer; revoked?: boolean }): Promise<void> {
    await this.db.transaction((tx) => {
      const { id, hash, revoked = false } = device;
      tx.append(
        DeviceChangedSchema,
        { deviceId: id, credentialHash: hash, device: { id, name: 'laptop', group: 'default', revoked } },
        { tenantId },
      );
      return Promise.resolve();
    });
  }
}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'gateway', migrations: [] }),
    EventLogModule.forService({ service: 'gateway' }),
  ],
  providers: [Tokens],
})
class GatewayTopics {}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'telemetry', migrations: [] }),
    EventLogModule.forService({ service: 'telemetry' }),
  ],
  providers: [Enrolment],
})
class TelemetryTopics {}

@Module({ controllers: [NothingSaid, Viewers, Devices] })
class Controllers {}

describe('the guard, with no service to ask', () => {
  const tenantId = newId();
  let test: TestApp;
  let viewer: string;

  beforeAll(async () => {
    test = await testApp({ imports: [AccessModule, GatewayTopics, TelemetryTopics, Controllers] });
    viewer = await token(['viewer']);
    await eventually(async () => expect((await fetch(`${test.url}/readyz`)).status).toBe(200));
    await eventually(async () => expect((await get('/viewers', viewer)).status).toBe(200));
  });
  afterAll(() => test?.close());

  function get(path: string, credential?: string): Promise<Response> {
    return fetch(test.url + path, { headers: credential ? { Authorization: `Bearer ${credential}` } : {} });
  }

  async function token(roles: Role[], more: { revoked?: boolean; expiresAt?: Date } = {}): Promise<string> {
    const id = newId();
    const { text, hash } = issueCredential('gno', id);
    await test.get(Tokens).announce(tenantId, { id, hash, roles, ...more });
    return text;
  }

  it('what says nothing is closed to everybody', async () => {
    const admin = await token(['admin', 'integration']);
    await eventually(async () => expect((await get('/viewers', admin)).status).toBe(200));
    expect((await get('/nothing-said', admin)).status).toBe(403);
    expect((await get('/nothing-said')).status).toBe(401);
  });

  it('what is public is open, beside what is not', async () => {
    expect(await (await get('/nothing-said/public')).text()).toBe('open');
    expect((await get('/devices')).status).toBe(401);
    expect((await get('/healthz')).status).toBe(200);
  });

  it('the decorator nearest to the handler counts', async () => {
    expect((await get('/viewers/admins', viewer)).status).toBe(403);
    expect((await get('/devices', viewer)).status).toBe(403);
  });

  it('says who calls', async () => {
    expect(await (await get('/viewers', viewer)).json()).toEqual({
      tenantId,
      kind: 'user',
      id: viewer.slice(4, 40),
      name: 'Ann',
      roles: ['viewer'],
    });
  });

  it('a refusal is a problem and nothing else', async () => {
    const response = await get('/viewers');
    expect(response.headers.get('content-type')).toContain('application/problem+json');
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'A valid bearer token is needed.',
      status: 401,
      code: 'access.unauthenticated',
    });
    expect(await (await get('/viewers/admins', viewer)).json()).toMatchObject({
      status: 403,
      code: 'access.forbidden',
    });
  });

  it('revocation and expiry count at once', async () => {
    const id = newId();
    const { text, hash } = issueCredential('gno', id);
    const announced = { id, hash, roles: ['viewer'] as Role[] };
    await test.get(Tokens).announce(tenantId, announced);
    await eventually(async () => expect((await get('/viewers', text)).status).toBe(200));
    await test.get(Tokens).announce(tenantId, { ...announced, revoked: true });
    await eventually(async () => expect((await get('/viewers', text)).status).toBe(401), { timeoutMs: 2_000 });
    const short = await token(['viewer'], { expiresAt: new Date(Date.now() + 1_500) });
    await eventually(async () => expect((await get('/viewers', short)).status).toBe(200), { timeoutMs: 1_400 });
    await eventually(async () => expect((await get('/viewers', short)).status).toBe(401));
  });

  it('a device is let in by its credential, until it is revoked', async () => {
    const id = newId();
    const { text, hash } = issueCredential('gnd', id);
    await test.get(Enrolment).announce(tenantId, { id, hash });
    await eventually(async () => expect((await get('/devices', text)).status).toBe(200));
    expect(await (await get('/devices', text)).json()).toEqual({
      device: 'laptop',
      call: { kind: 'device', id, name: 'laptop' },
    });
    expect((await get('/viewers', text)).status).toBe(403);
    await test.get(Enrolment).announce(tenantId, { id, hash, revoked: true });
    await eventually(async () => expect((await get('/devices', text)).status).toBe(401));
  });

  it('where nobody can be asked about an unknown credential, that is not a refusal', async () => {
    expect((await get('/viewers', issueCredential('gno', newId()).text)).status).toBe(503);
  });

  it('two headers are none', async () => {
    const response = await fetch(`${test.url}/viewers`, {
      headers: [
        ['Authorization', `Bearer ${viewer}`],
        ['Authorization', 'Bearer x'],
      ],
    });
    expect(response.status).toBe(401);
  });
});
