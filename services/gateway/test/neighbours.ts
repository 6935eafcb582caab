import type { MessageInitShape } from '@bufbuild/protobuf';
import { Injectable, Module } from '@nestjs/common';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import {
  AppChangedSchema,
  DeviceChangedSchema,
  IncidentChangedSchema,
  IncidentChangeKind,
  IncidentStatus,
  Severity,
} from '#contracts';
import { Database, DatabaseModule } from '#database';
import { EventLog, EventLogModule } from '#event-log';

/** Appends to the topics of the correlator, as the correlator would. */
@Injectable()
export class Correlator {
  constructor(
    private readonly db: Database,
    private readonly eventLog: EventLog,
  ) {}

  /** Announces a change of an incident. */
  async change(
    tenantId: string,
    incidentId: string,
    { version = 1n, severity = Severity.HIGH, title = `Incident ${incidentId}` } = {},
  ): Promise<void> {
    const now = timestampFromDate(new Date());
    await this.db.transaction(async (tx) => {
      tx.append(
        IncidentChangedSchema,
        {
          incidentId,
          incident: {
            id: incidentId,
            title,
            severity,
            status: IncidentStatus.ACTIVE,
            createdAt: now,
            updatedAt: now,
            version,
          },
          changes: [IncidentChangeKind.CREATED],
        },
        { tenantId },
      );
      return Promise.resolve();
    });
  }

  /** Lets retention run as it would so many hours from now. */
  async age(hours: number): Promise<void> {
    await this.eventLog.maintain(new Date(Date.now() + hours * 3_600_000));
  }
}

/** Appends to the topics of telemetry. */
@Injectable()
export class Telemetry {
  constructor(private readonly db: Database) {}

  async enrol(tenantId: string, deviceId: string, credentialHash: Uint8Array, revoked = false): Promise<void> {
    await this.db.transaction(async (tx) => {
      const device = { id: deviceId, name: 'laptop', group: 'default', revoked };
      tx.append(DeviceChangedSchema, { deviceId, device, credentialHash }, { tenantId });
      return Promise.resolve();
    });
  }
}

/** Appends to the topic of the catalog. */
@Injectable()
export class Catalog {
  constructor(private readonly db: Database) {}

  /** Announces a change of an app; of the global catalog where the tenant is ''. */
  async change(tenantId: string, event: MessageInitShape<typeof AppChangedSchema>): Promise<void> {
    await this.db.transaction(async (tx) => {
      tx.append(AppChangedSchema, event, { tenantId });
      return Promise.resolve();
    });
  }
}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'catalog', migrations: [] }),
    EventLogModule.forService({ service: 'catalog' }),
  ],
  providers: [Catalog],
})
export class CatalogTopics {}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'correlator', migrations: [] }),
    EventLogModule.forService({ service: 'correlator' }),
  ],
  providers: [Correlator],
})
export class CorrelatorTopics {}

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'telemetry', migrations: [] }),
    EventLogModule.forService({ service: 'telemetry' }),
  ],
  providers: [Telemetry],
})
export class TelemetryTopics {}
