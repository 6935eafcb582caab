import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AiKind,
  AppCategory,
  AppChangedSchema,
  AppDiscoveredSchema,
  AppTagChangedSchema,
  PolicyService,
  PolicyScope,
  Tag,
} from '#contracts';
import { DatabaseModule } from '#database';
import { EventLog, EventLogModule, decodeEvent } from '#event-log';
import { ClientOf, RpcModule, type RpcClient } from '#rpc';
import { eventually, testApp, type TestApp } from '#testkit';
import { PolicyModule } from '../src/policy.module.js';
import { caller } from './policy-world.js';
import { inputOf } from './samples.js';

const TENANT = 'acme';
const APPS = 1_000;

/** A module that owns another service's topics and nothing else. */
function ownerOf(service: string): { module: Type; log: Type<{ log: EventLog }> } {
  @Injectable()
  class Owner {
    constructor(@Inject(EventLog) readonly log: EventLog) {}
  }
  @Module({
    imports: [DatabaseModule.forService({ schema: service, migrations: [] }), EventLogModule.forService({ service })],
    providers: [Owner],
  })
  class OwnerModule {}
  return { module: OwnerModule, log: Owner };
}

@Injectable()
class Admin {
  constructor(@ClientOf(PolicyService) readonly policies: RpcClient<typeof PolicyService>) {}
}

@Module({ imports: [RpcModule.clients(PolicyService)], providers: [Admin] })
class AdminModule {}

const catalog = ownerOf('catalog');
const telemetry = ownerOf('telemetry');
let app: TestApp;
let policies: RpcClient<typeof PolicyService>;

beforeAll(async () => {
  app = await testApp({ imports: [catalog.module, telemetry.module, PolicyModule, AdminModule] });
  policies = app.get(Admin).policies;
});
afterAll(() => app.close());

describe('the policy service in a process', () => {
  it('follows the catalog and discoveries over the event log', async () => {
    const { log } = app.get(catalog.log);
    const ids = Array.from({ length: APPS }, (_, n) => `app-${n}`);
    await Promise.all(ids.map((id, n) => log.publish(AppChangedSchema, changed(id, n % 10), { tenantId: '' })));
    const created = await policies.createPolicy({ policy: inputOf({ filter: { maxScore: 4 } }) }, caller(TENANT));
    const seen = app.get(telemetry.log).log;
    const firstSeenAt = timestampFromDate(new Date());
    await Promise.all(
      ids.map((appId) => seen.publish(AppDiscoveredSchema, { appId, firstSeenAt }, { tenantId: TENANT })),
    );
    await eventually(
      async () => {
        const { policies: all } = await policies.getPolicies({ ids: [created.id] }, caller(TENANT));
        expect(all[0]?.matchingApps).toBe(APPS / 2);
      },
      { timeoutMs: 30_000 },
    );
  }, 60_000);

  it('tells every change of a tag', async () => {
    const told = new Map<string, Tag>();
    const follower = app.get(catalog.log).log.follow({
      topics: ['app-tag'],
      from: 'earliest',
      onRecord: (record) => {
        const event = decodeEvent(AppTagChangedSchema, record);
        if (event) told.set(event.appId, event.tag?.tag ?? Tag.UNSPECIFIED);
      },
    });
    await policies.tagApp({ appId: 'app-9', tag: Tag.MONITORED }, caller(TENANT));
    await eventually(() => {
      expect(told.get('app-9')).toBe(Tag.MONITORED);
      expect([...told.values()].filter((tag) => tag === Tag.UNSANCTIONED)).toHaveLength(APPS / 2);
    });
    await follower.close();
  });

  it('applies a policy to a thousand apps, and takes that back, while the admin waits', async () => {
    const { id } = await policies.createPolicy(
      { policy: inputOf({ name: 'All', scope: PolicyScope.CATALOG, filter: { generativeAi: true } }) },
      caller(TENANT),
    );
    expect((await policies.setPolicyEnabled({ id, enabled: false }, caller(TENANT))).matchingApps).toBe(0);
    expect((await policies.setPolicyEnabled({ id, enabled: true }, caller(TENANT))).matchingApps).toBe(APPS);
  }, 60_000);
});

function changed(id: string, score: number) {
  const category = AppCategory.GENERATIVE_AI;
  const facts = { id, name: id, category, aiKind: AiKind.ASSISTANT, generativeAi: true, score };
  return { appId: id, app: facts, changes: [], removed: false };
}
