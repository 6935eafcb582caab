import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable, Module, type Type } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AccessOutcome,
  AppAccessedSchema,
  AppChangedSchema,
  CorrelatorService,
  DeviceChangedSchema,
  IncidentChangedSchema,
  PolicyMatchedSchema,
  Severity,
  Tag,
  type Incident,
} from '#contracts';
import { DatabaseModule } from '#database';
import { EventLog, EventLogModule, decodeEvent } from '#event-log';
import { ClientOf, RpcModule, systemContext, type RpcClient } from '#rpc';
import { eventually, testApp, type TestApp } from '#testkit';
import { CorrelatorModule } from '../src/correlator.module.js';
import { IncidentViews } from '../src/incident.views.js';
import { NameStore } from '../src/name.store.js';

const TENANT = 'acme';

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
class Analyst {
  constructor(@ClientOf(CorrelatorService) readonly correlator: RpcClient<typeof CorrelatorService>) {}
}

@Module({ imports: [RpcModule.clients(CorrelatorService)], providers: [Analyst] })
class AnalystModule {}

const [catalog, telemetry, policy] = [ownerOf('catalog'), ownerOf('telemetry'), ownerOf('policy')];
let app: TestApp;

beforeAll(async () => {
  app = await testApp({
    imports: [catalog.module, telemetry.module, policy.module, CorrelatorModule, AnalystModule],
  });
});
afterAll(() => app.close());

describe('the correlator in a process', () => {
  it('makes one incident of what several topics tell, and tells it on', async () => {
    const told = new Map<string, Incident>();
    const follower = app.get(catalog.log).log.follow({
      topics: ['incident'],
      from: 'earliest',
      onRecord: (record) => {
        const event = decodeEvent(IncidentChangedSchema, record);
        if (event?.incident) told.set(event.incidentId, event.incident);
      },
    });
    const named = { id: 'deepseek', name: 'DeepSeek', generativeAi: true };
    await app.get(catalog.log).log.publish(AppChangedSchema, { appId: 'deepseek', app: named }, { tenantId: '' });
    const device = { deviceId: 'd7', device: { id: 'd7', name: 'laptop-07' } };
    await app.get(telemetry.log).log.publish(DeviceChangedSchema, device, { tenantId: TENANT });
    const client = app.get(Analyst).correlator;
    await eventually(async () => expect(await names()).toEqual(['DeepSeek', 'laptop-07']));

    const now = timestampFromDate(new Date());
    const match = { policyId: 'p', policyName: 'Block AI', appId: 'deepseek', appName: 'DeepSeek' };
    await app
      .get(policy.log)
      .log.publish(
        PolicyMatchedSchema,
        { ...match, severity: Severity.HIGH, action: Tag.UNSANCTIONED, alert: true, matchedAt: now },
        { tenantId: TENANT },
      );
    const access = { appId: 'deepseek', user: 'alice', deviceId: 'd7', count: 3n, firstAt: now, lastAt: now };
    await app
      .get(telemetry.log)
      .log.publish(
        AppAccessedSchema,
        { ...access, outcome: AccessOutcome.BLOCKED, tag: Tag.UNSANCTIONED },
        { tenantId: TENANT },
      );

    const context = systemContext(TENANT, 'test');
    const incident = await eventually(async () => {
      const { incidents } = await client.listIncidents({ page: { first: 10 } }, context);
      expect(incidents).toHaveLength(1);
      expect(incidents[0]?.alertCount).toBe(3);
      return incidents[0]!;
    });
    expect(incident).toMatchObject({
      title: 'Blocked attempts to use DeepSeek by alice on laptop-07',
      severity: Severity.HIGH,
    });
    await eventually(() => expect([...told.values()]).toEqual([incident]));
    await follower.close();
  }, 60_000);
});

/** What the correlator calls the app and the device by now. */
async function names(): Promise<(string | undefined)[]> {
  const store = app.get(NameStore);
  return app
    .get(IncidentViews)
    ['database'].transaction(async (tx) => [
      (await store.apps(tx, TENANT, ['deepseek'])).get('deepseek'),
      (await store.devices(tx, TENANT, ['d7'])).get('d7'),
    ]);
}
