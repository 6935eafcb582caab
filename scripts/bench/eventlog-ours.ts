import { Logger } from '@nestjs/common';
import { Database, dataSourceOf, migrate } from '#database';
import {
  EVENT_LOG_MIGRATIONS,
  EventLogSettings,
  KafkaEventLog,
  KafkaSettings,
  PostgresEventLog,
  Signals,
  type EventLog,
} from '#event-log';
import { Health, Metrics, SystemClock } from '#kernel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './eventlog-client.js';
import { FRAME_BYTES, Measured, SERVICE, TOPIC, TYPE, measuredCatalog } from './eventlog-event.js';
import { TENANT, WORKLOADS, sources, texts, type ClientSetup } from './eventlog-order.js';

/** The event log of this project, on either driver, with the settings it has by default. */
class OurClient implements Client {
  private sequence = 0;
  private groups = 0;
  private readonly contents: readonly Uint8Array[];

  constructor(
    private readonly log: EventLog,
    bytes: number,
  ) {
    this.contents = texts(bytes - FRAME_BYTES).map((text) => Buffer.from(text));
  }

  async publish(burst: number): Promise<void> {
    const published: Promise<void>[] = [];
    for (let index = 0; index < burst; index++) {
      const sequence = this.sequence++;
      const event = {
        source: sources[sequence % sources.length]!,
        number: BigInt(sequence),
        content: this.contents[sequence % this.contents.length]!,
      };
      published.push(this.log.publish(Measured, event, { tenantId: TENANT }));
    }
    await Promise.all(published);
  }

  async read(records: number): Promise<void> {
    let bytes = 0;
    let seen = 0;
    await new Promise<void>((resolve) => {
      const follower = this.log.follow({
        topics: [TOPIC],
        from: 'earliest',
        onRecord: (record) => {
          if (record.type === TYPE) bytes += record.payload.length;
          if (++seen === records) void follower.close().then(resolve);
        },
      });
    });
    if (bytes === 0) throw new Error('Nothing of ours was read.');
  }

  async consume(records: number): Promise<void> {
    let seen = 0;
    let enough!: () => void;
    const done = new Promise<void>((resolve) => (enough = resolve));
    const consumption = this.log.consume({
      group: `bench-${this.groups++}`,
      handlers: [
        {
          schema: Measured,
          maxRecords: 500,
          many: async (events, tx) =>
            tx.afterCommit(() => {
              seen += events.length;
              if (seen >= records) enough();
            }),
        },
      ],
    });
    await done;
    await consumption.stop();
  }
}

export async function openOurs({
  client,
  workload,
  compression,
  brokers,
  postgres,
  topic,
}: ClientSetup): Promise<Client> {
  Logger.overrideLogger(['warn', 'error', 'fatal']);
  const dataSource = dataSourceOf({
    schema: SERVICE,
    url: postgres,
    migrations: EVENT_LOG_MIGRATIONS,
    poolSize: 8,
    statementTimeoutMs: 30_000,
  });
  await dataSource.initialize();
  await migrate(dataSource, SERVICE);
  const database = new Database(SERVICE, dataSource);
  const settings = EventLogSettings.load();
  const health = new Health();
  const parts = {
    database,
    settings,
    health,
    signals: new Signals(postgres, settings.pollMs),
    catalog: measuredCatalog,
    metrics: new Metrics(),
    clock: new SystemClock(),
  };
  const kafka: KafkaSettings = {
    ...KafkaSettings.load(),
    driver: 'kafka',
    brokers,
    compression,
    prefix: `${topic}.`,
    replicas: 1,
  };
  const log = client === 'kafka' ? new KafkaEventLog({ ...parts, kafka }) : new PostgresEventLog(parts);
  while (!(await health.readiness()).ready) await sleep(50);
  return new OurClient(log, WORKLOADS[workload].bytes);
}
