import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppChangedSchema, CatalogService, type AppChanged } from '#contracts';
import { decodeEvent, EventLog } from '#event-log';
import { ContractRegistry } from '#rpc';
import { testApp, type TestApp } from '#testkit';
import { AccessModule } from '#access';
import { CatalogModule } from '../src/catalog.module.js';
import { customApp, tenant } from './catalog-world.js';
import { shipped } from './shipped.js';

describe('the catalog module', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await testApp({ imports: [CatalogModule, AccessModule], catalog: 'whole' })));
  afterAll(() => app.close());

  it('loads the shipped file at start, serves its contract, and puts every change into the log', async () => {
    const catalog = app.get(ContractRegistry).client(CatalogService);
    const custom = await catalog.createCustomApp(customApp(), tenant('t1'));
    const latest = new Map<string, AppChanged>();
    const follower = app.get(EventLog).follow({
      topics: ['app'],
      from: 'earliest',
      onRecord: (record) => {
        const event = decodeEvent(AppChangedSchema, record);
        if (event) latest.set(`${record.tenantId}/${event.appId}`, event);
      },
    });
    await follower.caughtUp;
    await follower.close();
    expect(latest.size).toBe(shipped.apps.length + 1);
    expect(latest.get('/claude')?.app?.name).toBe('Claude');
    expect(latest.get(`t1/${custom.id}`)?.app?.id).toBe(custom.id);
  });

  it('does nothing when it boots again on the same data', async () => {
    const again = await testApp({ imports: [CatalogModule, AccessModule], database: app.database, catalog: 'whole' });
    try {
      const catalog = again.get(ContractRegistry).client(CatalogService);
      const { apps } = await catalog.getApps({ ids: ['claude'] }, tenant('t1'));
      const [before] = (
        await app
          .get(ContractRegistry)
          .client(CatalogService)
          .getApps({ ids: ['claude'] }, tenant('t1'))
      ).apps;
      expect(apps[0]?.version).toBe(before?.version);
    } finally {
      await again.close();
    }
  });
});
