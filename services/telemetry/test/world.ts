import { Global, Inject, Injectable, Module, type Type } from '@nestjs/common';
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AccessModule, CredentialDirectory, issueCredential, type Role } from '#access';
import {
  ApiTokenChangedSchema,
  AppChangedSchema,
  AppChangeKind,
  AppTagChangedSchema,
  DiscoveredAppSortField,
  MatchRuleKind,
  TelemetryService as TelemetryContract,
  type AppCategory,
  type DiscoveredApp,
  type Tag,
  type UnclaimedHost,
} from '#contracts';
import { Database, DatabaseModule } from '#database';
import { decodeEvent, EventLog, EventLogModule, type EventRecord } from '#event-log';
import { newId } from '#kernel';
import { ClientOf, RpcModule, systemContext, type CallContext, type RpcClient } from '#rpc';
import { eventually, FakeClock, testApp, type TestApp } from '#testkit';
import { AppIndex } from '../src/app-index.js';
import { TelemetryModule } from '../src/telemetry.module.js';

export const START = new Date('2026-01-15T12:00:00Z');

/** Stands for a service whose events telemetry reads: the real log, written under its name. */
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
  constructor(@ClientOf(TelemetryContract) readonly rpc: RpcClient<typeof TelemetryContract>) {}
}

export interface TestDevice {
  readonly id: string;
  readonly credential: string;
  readonly group: string;
}

export interface AppFacts {
  readonly name?: string;
  readonly category?: AppCategory;
  readonly generativeAi?: boolean;
  readonly score?: number;
  readonly removed?: boolean;
  /** Empty on a record that a tenant has of a global app. */
  readonly tenantId?: string;
}

/** The telemetry service in a process of its own, on a real database and log, with everybody else's events. */
export class World {
  private readonly records: EventRecord[] = [];

  private constructor(
    readonly app: TestApp,
    private readonly owners: ReadonlyMap<string, Database>,
    readonly clock: FakeClock,
  ) {}

  static async open(options: { database?: string } = {}): Promise<World> {
    const clock = new FakeClock(START);
    const services = ['catalog', 'policy', 'gateway'].map((name) => ({ name, ...ownerOf(name) }));
    const app = await testApp({
      imports: [
        ...services.map((each) => each.module),
        TelemetryModule,
        AccessModule,
        RpcModule.clients(TelemetryContract),
      ],
      providers: [Client],
      clock,
      ...options,
    });
    const owners = new Map(services.map(({ name, owner }) => [name, app.get<{ database: Database }>(owner).database]));
    const world = new World(app, owners, clock);
    app.get(EventLog).follow({
      topics: ['discovered-app', 'app-access', 'device'],
      from: 'earliest',
      onRecord: (record) => void world.records.push(record),
    });
    return world;
  }

  get rpc(): RpcClient<typeof TelemetryContract> {
    return this.app.get(Client).rpc;
  }

  contextOf(tenantId: string): CallContext {
    return systemContext(tenantId, 'test');
  }

  /** Events of this kind that telemetry emitted for a tenant. */
  emitted<S extends DescMessage>(schema: S, tenantId: string): MessageShape<S>[] {
    return this.records.filter((each) => each.tenantId === tenantId).flatMap((each) => decodeEvent(schema, each) ?? []);
  }

  /** An app that claims these domains; `.name` claims only what is below, `=name` one host, `name/path` a path. */
  async catalogApp(tenantId: string, id: string, rules: readonly string[], facts: AppFacts = {}): Promise<void> {
    const { removed = false, ...rest } = facts;
    const app = { id, name: id, tenantId, rules: rules.map(ruleOf), ...rest };
    await this.append('catalog', AppChangedSchema, { appId: id, app, removed }, tenantId);
    await eventually(async () => {
      const rows = await this.app
        .get(Database)
        .query(
          `SELECT 1 FROM telemetry.catalog_app WHERE tenant_id = $1 AND app_id = $2 AND name = $3 AND removed = $4`,
          [tenantId, id, app.name, removed],
        );
      const claimed = rules.every((rule) => this.claims(tenantId, rule, id) === !removed);
      if (rows.length === 0 || !claimed) throw new Error('the app has not arrived');
    });
  }

  /** A tenant's record of a global app goes, and with it these rules; nobody waits for it. */
  async dropRecord(tenantId: string, id: string, rules: readonly string[], removed: readonly string[]): Promise<void> {
    const app = { id, name: id, tenantId: '', rules: rules.map(ruleOf) };
    const change = { appId: id, app, removed: true, changes: [AppChangeKind.RULES], removedRules: removed.map(ruleOf) };
    await this.append('catalog', AppChangedSchema, change, tenantId);
  }

  private claims(tenantId: string, rule: string, appId: string): boolean {
    const index = this.app.get(AppIndex).of(tenantId);
    const value = rule.replace(/^[=!]/, '').replace(/^\./, 'below.');
    const [host, path] = value.includes('/')
      ? [value.slice(0, value.indexOf('/')), value.slice(value.indexOf('/'))]
      : [value];
    return (rule.startsWith('!') ? index.matchProcess(value) : index.match(host, path))?.appId === appId;
  }

  async tag(tenantId: string, appId: string, tag: Tag, setAt = this.clock.now()): Promise<void> {
    await this.append(
      'policy',
      AppTagChangedSchema,
      { appId, tag: { appId, tag, setAt: timestampFromDate(setAt) } },
      tenantId,
    );
    await eventually(async () => {
      const rows = await this.app
        .get(Database)
        .query('SELECT 1 FROM telemetry.app_tag WHERE tenant_id = $1 AND app_id = $2 AND tag = $3', [
          tenantId,
          appId,
          tag,
        ]);
      if (rows.length === 0) throw new Error('the tag has not arrived');
    });
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
    await eventually(() => {
      if (!this.app.get(CredentialDirectory).get(tokenId)) throw new Error('the token has not arrived');
    });
    return text;
  }

  /** A device of the tenant, enrolled over HTTP. */
  async device(tenantId: string, name = 'laptop', group = 'default'): Promise<TestDevice> {
    const { secret } = await this.rpc.createEnrolmentSecret({ group }, this.contextOf(tenantId));
    const answer = await this.post('/v1/enrol', { secret, name, os: 'Linux', agentVersion: '1.0.0' });
    if (answer.status !== 201) throw new Error(`enrolment answered ${answer.status}: ${await answer.text()}`);
    const { deviceId, credential } = (await answer.json()) as { deviceId: string; credential: string };
    return { id: deviceId, credential, group };
  }

  async append<S extends DescMessage>(
    owner: string,
    schema: S,
    init: MessageInitShape<S>,
    tenantId: string,
  ): Promise<void> {
    await this.owners.get(owner)!.transaction(async (tx) => tx.append(schema, init, { tenantId }));
  }

  post(path: string, body: unknown, credential?: string, headers: Record<string, string> = {}): Promise<Response> {
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    return fetch(this.app.url + path, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...headers,
        ...(credential ? { Authorization: `Bearer ${credential}` } : {}),
      },
      body: isRaw ? (body as string) : JSON.stringify(body),
    });
  }

  /** Sends a batch and answers its receipt. */
  async batch(device: TestDevice, sequence: number, events: readonly unknown[]): Promise<Record<string, unknown>> {
    const answer = await this.post('/v1/telemetry', { sequence, events }, device.credential);
    const receipt = (await answer.json()) as Record<string, unknown>;
    if (answer.status !== 200) throw new Error(`the batch was answered ${answer.status}: ${JSON.stringify(receipt)}`);
    return receipt;
  }

  async apps(tenantId: string, sort = DiscoveredAppSortField.NAME): Promise<DiscoveredApp[]> {
    return (await this.rpc.listDiscoveredApps({ sort, page: { first: 100 } }, this.contextOf(tenantId))).apps;
  }

  async hosts(tenantId: string): Promise<UnclaimedHost[]> {
    return (await this.rpc.listUnclaimedHosts({ page: { first: 100 } }, this.contextOf(tenantId))).hosts;
  }

  /** Waits until so many transactions of the tenant are counted, claimed and unclaimed together. */
  async counted(tenantId: string, transactions: number): Promise<void> {
    await eventually(
      async () => {
        const all = [...(await this.apps(tenantId)), ...(await this.hosts(tenantId))];
        const sum = all.reduce((total, each) => total + Number(each.transactions), 0);
        if (sum !== transactions) throw new Error(`${sum} of ${transactions} transactions are counted`);
      },
      { timeoutMs: 20_000 },
    );
  }

  close(): Promise<void> {
    return this.app.close();
  }
}

function ruleOf(text: string): { kind: MatchRuleKind; value: string; path?: string } {
  if (text.startsWith('.')) return { kind: MatchRuleKind.SUFFIX, value: text.slice(1) };
  if (text.startsWith('=')) return { kind: MatchRuleKind.HOST, value: text.slice(1) };
  if (text.startsWith('!')) return { kind: MatchRuleKind.PROCESS, value: text.slice(1) };
  const slash = text.indexOf('/');
  if (slash > 0) return { kind: MatchRuleKind.PATH, value: text.slice(0, slash), path: text.slice(slash) };
  return { kind: MatchRuleKind.DOMAIN, value: text };
}
