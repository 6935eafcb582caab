import { timestampDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import {
  AppAccessedSchema,
  AppChangedSchema,
  DeviceChangedSchema,
  PolicyMatchedSchema,
  type AppAccessed,
  type PolicyMatched,
} from '#contracts';
import type { Tx } from '#database';
import { OnBatch, type ReceivedEvent } from '#event-log';
import { CorrelatorService } from './correlator.service.js';
import { earlier, later } from './domain/alert-draft.js';
import type { AccessSighting, PolicyMatchSighting } from './domain/sighting.js';
import { NameStore } from './name.store.js';

/** As many as one transaction of a consumer takes: tenants are locked in one sorted pass, so partitions do not deadlock. */
const WHOLE_TRANSACTION = 500;

/** What alerts come from, and what things are called. */
@Injectable()
export class CorrelatorHandlers {
  constructor(
    private readonly correlator: CorrelatorService,
    private readonly names: NameStore,
  ) {}

  @OnBatch(PolicyMatchedSchema, { maxRecords: WHOLE_TRANSACTION })
  async onPolicyMatched(events: readonly ReceivedEvent<typeof PolicyMatchedSchema>[], tx: Tx): Promise<void> {
    const seen = events.map(({ event, record }) => ({
      tenantId: record.tenantId,
      sighting: matchSighting(event, record.time),
    }));
    await this.correlator.seen(tx, seen);
  }

  @OnBatch(AppAccessedSchema, { maxRecords: WHOLE_TRANSACTION })
  async onAppAccessed(events: readonly ReceivedEvent<typeof AppAccessedSchema>[], tx: Tx): Promise<void> {
    const seen = events.map(({ event, record }) => ({
      tenantId: record.tenantId,
      sighting: accessSighting(event, record.time),
    }));
    await this.correlator.seen(tx, seen);
  }

  @OnBatch(AppChangedSchema, { maxRecords: WHOLE_TRANSACTION })
  async onAppChanged(events: readonly ReceivedEvent<typeof AppChangedSchema>[], tx: Tx): Promise<void> {
    const apps = events.map(({ event, record }) => ({
      tenantId: record.tenantId,
      appId: event.appId,
      name: event.app?.name || event.appId,
      generativeAi: event.app?.generativeAi ?? false,
      removed: event.removed,
    }));
    await this.names.writeApps(tx, apps);
  }

  @OnBatch(DeviceChangedSchema, { maxRecords: WHOLE_TRANSACTION })
  async onDeviceChanged(events: readonly ReceivedEvent<typeof DeviceChangedSchema>[], tx: Tx): Promise<void> {
    const devices = events.map(({ event, record }) => ({
      tenantId: record.tenantId,
      deviceId: event.deviceId,
      name: event.device?.name || event.deviceId,
    }));
    await this.names.writeDevices(tx, devices);
  }
}

function matchSighting(event: PolicyMatched, recorded: Date): PolicyMatchSighting {
  const { policyId, policyName, appId, appName, severity, action, alert, matchedValues } = event;
  const at = timeOf(event.matchedAt) ?? recorded;
  return { type: 'policy-match', policyId, policyName, appId, appName, severity, action, alert, matchedValues, at };
}

function accessSighting(event: AppAccessed, recorded: Date): AccessSighting {
  const { appId, user, deviceId, sourceIp, outcome, tag, host } = event;
  const firstAt = timeOf(event.firstAt) ?? timeOf(event.lastAt) ?? recorded;
  const lastAt = timeOf(event.lastAt) ?? firstAt;
  const span = { firstAt: earlier(firstAt, lastAt), lastAt: later(firstAt, lastAt) };
  const count = event.count > 0n ? event.count : 1n;
  return { type: 'access', appId, user, deviceId, sourceIp, outcome, tag, host, count, ...span };
}

function timeOf(timestamp: Timestamp | undefined): Date | undefined {
  return timestamp && timestampDate(timestamp);
}
