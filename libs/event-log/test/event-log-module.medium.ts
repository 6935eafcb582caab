import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Injectable, Module } from '@nestjs/common';
import {
  AppChangedSchema,
  TenantChangedSchema,
  TelemetryReceivedSchema,
  type AppChanged,
  type TelemetryReceived,
} from '#contracts';
import { Database, DatabaseModule, type Tx } from '#database';
import { EventLog, EventLogModule, On, OnBatch, consumer, type EventContext, type ReceivedEvent } from '#event-log';
import { eventually, testApp, type TestApp } from '#testkit';

const seen: string[] = [];

@Injectable()
class CatalogReader {
  @On(AppChangedSchema)
  async onApp(event: AppChanged, context: EventContext): Promise<void> {
    await context.tx.query('SELECT 1');
    context.tx.afterCommit(() => seen.push(`${context.tenantId}:${event.appId}`));
  }

  @OnBatch(TelemetryReceivedSchema)
  async onTelemetry(events: readonly ReceivedEvent<typeof TelemetryReceivedSchema>[], tx: Tx): Promise<void> {
    const received: TelemetryReceived[] = events.map(({ event }) => event);
    tx.afterCommit(() => seen.push(...received.map((event) => `${event.sourceId}#${event.sequence}`)));
  }
}

@Injectable()
class Catalog {
  constructor(readonly database: Database) {}
}

@Injectable()
class Telemetry {
  constructor(readonly log: EventLog) {}
}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'catalog', migrations: [] }),
    EventLogModule.forService({ service: 'catalog' }),
  ],
  providers: [Catalog],
})
class CatalogModule {}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'telemetry', migrations: [] }),
    EventLogModule.forService({ service: 'telemetry' }),
  ],
  providers: [Telemetry, ...consumer(CatalogReader, { group: 'telemetry' })],
})
class TelemetryModule {}

describe('the event log in a Nest application', () => {
  let app: TestApp;
  let catalog: Database;
  let log: EventLog;

  beforeAll(async () => {
    app = await testApp({ imports: [CatalogModule, TelemetryModule] });
    catalog = app.get(Catalog).database;
    log = app.get(Telemetry).log;
  });
  afterAll(() => app.close());
  afterEach(() => void (seen.length = 0));

  it('brings an appended event to the handler of another service', async () => {
    await catalog.transaction(async (tx) => tx.append(AppChangedSchema, { appId: 'chatgpt' }, { tenantId: 't1' }));
    await eventually(() => expect(seen).toEqual(['t1:chatgpt']));
  });

  it('brings nothing of a transaction that is rolled back', async () => {
    const failed = catalog.transaction(async (tx) => {
      tx.append(AppChangedSchema, { appId: 'gone' }, { tenantId: 't1' });
      throw new Error('no');
    });
    await expect(failed).rejects.toThrow('no');
    await catalog.transaction(async (tx) => tx.append(AppChangedSchema, { appId: 'kept' }, { tenantId: 't1' }));
    await eventually(() => expect(seen).toEqual(['t1:kept']));
  });

  it('publishes without a transaction of the caller', async () => {
    await Promise.all(
      [1n, 2n, 3n].map((sequence) =>
        log.publish(TelemetryReceivedSchema, { sourceId: 'd1', sequence }, { tenantId: 't1' }),
      ),
    );
    await eventually(() => expect(seen).toEqual(['d1#1', 'd1#2', 'd1#3']));
  });

  it('follows a topic from its start', async () => {
    const read: string[] = [];
    const follower = log.follow({
      topics: ['app'],
      from: 'earliest',
      onRecord: (record) => void read.push(record.tenantId),
    });
    await follower.caughtUp;
    expect(read).toEqual(['t1', 't1']);
    await follower.close();
  });

  it('refuses events of a topic that another service owns', async () => {
    const append = catalog.transaction(async (tx) =>
      tx.append(TenantChangedSchema, { tenant: 't1' }, { tenantId: 't1' }),
    );
    await expect(append).rejects.toThrow('Only "gateway" appends to topic "tenant", not "catalog".');
  });
});
