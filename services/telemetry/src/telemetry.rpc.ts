import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { TelemetryService } from '#contracts';
import type { RpcHandlers } from '#rpc';
import { EntityKind } from './domain/fold.js';
import { DeviceService } from './device.service.js';
import { deviceMessage } from './device.store.js';
import { DeviceViews } from './device.views.js';
import { secretMessage } from './enrolment.store.js';
import { EnrolmentViews } from './enrolment.views.js';
import { appNotSeen, fieldInvalid } from './telemetry.errors.js';
import { UnclaimedViews } from './unclaimed.views.js';
import { UploadViews } from './upload.views.js';
import { UsageViews } from './usage.views.js';

type Handlers = RpcHandlers<typeof TelemetryService>;

const MAX_IDS = 1_000;
const MAX_TOP = 100;

/** TelemetryService. */
@Injectable()
export class TelemetryRpc implements Handlers {
  constructor(
    private readonly usage: UsageViews,
    private readonly unclaimed: UnclaimedViews,
    private readonly devices: DeviceViews,
    private readonly secrets: EnrolmentViews,
    private readonly uploads: UploadViews,
    private readonly service: DeviceService,
  ) {}

  listDiscoveredApps: Handlers['listDiscoveredApps'] = async (request, { tenantId }) => {
    const { items, info } = await this.usage.list(tenantId, request);
    return { apps: items, page: info };
  };

  getDiscoveredApps: Handlers['getDiscoveredApps'] = async ({ appIds, days }, { tenantId }) => ({
    apps: await this.usage.byIds(tenantId, idsOf('appIds', appIds), days),
  });

  getAppUsage: Handlers['getAppUsage'] = async ({ appId, days, top }, { tenantId }) => {
    if (top < 1 || top > MAX_TOP) throw fieldInvalid('top', `must be 1 to ${MAX_TOP}`);
    const [id] = idsOf('appId', [appId]) as [string];
    const [total] = await this.usage.byIds(tenantId, [id], days);
    // Seen, but not in those days: then there is nothing to tell, as with an app never seen.
    if (!total) throw appNotSeen();
    const [daily, topUsers, topDevices, topIpAddresses] = await Promise.all([
      this.usage.days(tenantId, id, days),
      this.usage.top(tenantId, id, days, EntityKind.USER, top),
      this.usage.top(tenantId, id, days, EntityKind.DEVICE, top),
      this.usage.top(tenantId, id, days, EntityKind.IP, top),
    ]);
    return { total, days: daily, topUsers, topDevices, topIpAddresses };
  };

  listUnclaimedHosts: Handlers['listUnclaimedHosts'] = async ({ generativeAiHint, page }, { tenantId }) => {
    const { items, info } = await this.unclaimed.list(tenantId, generativeAiHint, page);
    return { hosts: items, page: info };
  };

  listDevices: Handlers['listDevices'] = async ({ search, page }, { tenantId }) => {
    const { items, info } = await this.devices.list(tenantId, search, page);
    return { devices: items, page: info };
  };

  getDevices: Handlers['getDevices'] = async ({ ids }, { tenantId }) => ({
    devices: await this.devices.byIds(tenantId, idsOf('ids', ids)),
  });

  authenticateDevice: Handlers['authenticateDevice'] = async ({ credential }) => {
    const device = await this.service.authenticate(credential);
    return { tenantId: device.tenantId, device: deviceMessage(device) };
  };

  revokeDevice: Handlers['revokeDevice'] = async ({ deviceId }, { tenantId }) =>
    deviceMessage(await this.service.revoke(tenantId, deviceId));

  createEnrolmentSecret: Handlers['createEnrolmentSecret'] = async ({ group, expiresAt }, { tenantId, actor }) => {
    const wanted = { group, expiresAt: expiresAt && timestampDate(expiresAt) };
    const { secret, text } = await this.service.createSecret(tenantId, actor.name, wanted);
    return { enrolmentSecret: secretMessage(secret), secret: text };
  };

  listEnrolmentSecrets: Handlers['listEnrolmentSecrets'] = async ({ page }, { tenantId }) => {
    const { items, info } = await this.secrets.list(tenantId, page);
    return { enrolmentSecrets: items, page: info };
  };

  revokeEnrolmentSecret: Handlers['revokeEnrolmentSecret'] = async ({ id }, { tenantId }) =>
    secretMessage(await this.service.revokeSecret(tenantId, id));

  listLogUploads: Handlers['listLogUploads'] = async ({ page }, { tenantId }) => {
    const { items, info } = await this.uploads.list(tenantId, page);
    return { uploads: items, page: info };
  };
}

function idsOf(field: string, ids: readonly string[]): string[] {
  if (ids.length > MAX_IDS) throw fieldInvalid(field, `may name at most ${MAX_IDS}`);
  return ids.map((id) => id.replaceAll('\0', ''));
}
