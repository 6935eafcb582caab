import { Global, Inject, Injectable, Module, type Type } from '@nestjs/common';
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import { AccessModule, issueCredential, type Role } from '#access';
import {
  ApiTokenChangedSchema,
  AppChangedSchema,
  AppTagChangedSchema,
  BlocklistService as BlocklistContract,
  DeviceChangedSchema,
  Tag,
  TenantChangedSchema,
} from '#contracts';
import { Database, DatabaseModule } from '#database';
import { EventLog, EventLogModule } from '#event-log';
import { newId } from '#kernel';
import { ClientOf, RpcModule, systemContext, type CallContext, type RpcClient } from '#rpc';
import { FakeClock, testApp, type TestApp } from '#testkit';
import { BlocklistModule } from '../src/blocklist.module.js';
import { ruleOf, type RuleText } from './builders.js';

/** Stands for the services whose events a block list is made of: the real log, written under their names. */
function ownerOf(service: string): { module: Type; owner: Type<{ database: Database }> } {
  @Injectable()
  class Owner {
    constructor(@Inject(Database) readonly database: Database) {}
  }
  @Global()
  @Module({
    imports: [DatabaseModule.forService({ schema: service, migrations: [] }), EventLogModule.forService({ service })],
    providers: [Owner],
    exports: [EventLogModule],
  })
  class OwnerModule {}
  return { module: OwnerModule, owner: Owner };
}

@Injectable()
class Client {
  constructor(@ClientOf(BlocklistContract) readonly rpc: RpcClient<typeof BlocklistContract>) {}
}

export interface TestDevice {
  readonly id: string;
  readonly credential: string;
  readonly group: string;
}

/** The block list service in a process of its own, on a real database and log, with everybody else's events. */
export class World {
  readonly clock: FakeClock;

  private constructor(
    readonly app: TestApp,
    private readonly owners: ReadonlyMap<string, Database>,
    clock: FakeClock,
  ) {
    this.clock = clock;
  }

  static async open(options: { clock?: FakeClock; database?: string } = {}): Promise<World> {
    const clock = options.clock ?? new FakeClock(new Date());
    const services = ['catalog', 'policy', 'gateway', 'telemetry'].map((name) => ({ name, ...ownerOf(name) }));
    const app = await testApp({
      imports: [
        ...services.map((each) => each.module),
        BlocklistModule,
        AccessModule,
        RpcModule.clients(BlocklistContract),
      ],
      providers: [Client],
      clock,
      ...(options.database ? { database: options.database } : {}),
    });
    const owners = new Map(services.map(({ name, owner }) => [name, app.get<{ database: Database }>(owner).database]));
    return new World(app, owners, clock);
  }

  get url(): string {
    return this.app.url;
  }

  get rpc(): RpcClient<typeof BlocklistContract> {
    return this.app.get(Client).rpc;
  }

  contextOf(tenantId: string): CallContext {
    return systemContext(tenantId, 'test');
  }

  get log(): EventLog {
    return this.app.get(EventLog);
  }

  async tenant(name = 'Acme GmbH', supportUrl = 'https://help.acme.example/ai'): Promise<string> {
    const tenant = newId();
    await this.append('gateway', TenantChangedSchema, { tenant, name, supportUrl }, tenant);
    return tenant;
  }

  /** @param tenantId empty for the global catalog */
  async catalogApp(tenantId: string, appId: string, name: string, ...rules: RuleText[]): Promise<void> {
    await this.append(
      'catalog',
      AppChangedSchema,
      { appId, app: { id: appId, name, rules: rules.map(ruleOf) } },
      tenantId,
    );
  }

  async removeApp(tenantId: string, appId: string): Promise<void> {
    await this.append('catalog', AppChangedSchema, { appId, app: { id: appId }, removed: true }, tenantId);
  }

  async tag(tenantId: string, appId: string, tag: Tag): Promise<void> {
    await this.append('policy', AppTagChangedSchema, { appId, tag: { appId, tag } }, tenantId);
  }

  async device(tenantId: string, group = 'default'): Promise<TestDevice> {
    const id = newId();
    const { text: credential, hash } = issueCredential('gnd', id);
    await this.changeDevice(tenantId, id, group, hash);
    return { id, credential, group };
  }

  async changeDevice(tenantId: string, id: string, group: string, hash: Uint8Array, revoked = false): Promise<void> {
    const device = { id, name: `laptop-${id.slice(-4)}`, os: 'Linux', group, revoked };
    await this.append('telemetry', DeviceChangedSchema, { deviceId: id, device, credentialHash: hash }, tenantId);
  }

  async token(tenantId: string, role: Role): Promise<string> {
    const tokenId = newId();
    const { text, hash } = issueCredential('gno', tokenId);
    await this.append(
      'gateway',
      ApiTokenChangedSchema,
      { tokenId, name: role, roles: [role], secretHash: hash },
      tenantId,
    );
    return text;
  }

  async append<S extends DescMessage>(
    owner: string,
    schema: S,
    init: MessageInitShape<S>,
    tenantId: string,
  ): Promise<void> {
    await this.owners.get(owner)!.transaction(async (tx) => tx.append(schema, init, { tenantId }));
  }

  get(path: string, credential?: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.url + path, {
      headers: { ...headers, ...(credential ? { Authorization: `Bearer ${credential}` } : {}) },
    });
  }

  report(credential: string, body: unknown): Promise<Response> {
    return fetch(`${this.url}/v1/blocklist/report`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${credential}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  close(): Promise<void> {
    return this.app.close();
  }
}
