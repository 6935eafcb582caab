import { Inject, Injectable } from '@nestjs/common';
import { issueCredential, parseCredential, sameHash } from '#access';
import { DeviceChangedSchema } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock, newId, type SettingsOf } from '#kernel';
import { cleaned, hasControls } from './domain/events/text.js';
import { deviceMessage, DeviceStore, type StoredDevice } from './device.store.js';
import { DeviceViews } from './device.views.js';
import { issueSecret, parseSecret } from './enrolment-secret.js';
import { EnrolmentStore, type SecretRow } from './enrolment.store.js';
import { TelemetrySettings } from './telemetry.config.js';
import {
  credentialRefused,
  deviceNotFound,
  enrolmentRefused,
  fieldInvalid,
  secretNotFound,
  tooManyDevices,
  tooManySecrets,
} from './telemetry.errors.js';

const GROUP = /^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$/;
const DEFAULT_GROUP = 'default';

/** What a new device says of itself. */
export interface Enrolment {
  readonly secret: string;
  readonly name: string;
  readonly os: string;
  readonly agentVersion: string;
}

/** Enrols and revokes devices, and makes the secrets they enrol with. */
@Injectable()
export class DeviceService {
  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly store: DeviceStore,
    private readonly secrets: EnrolmentStore,
    private readonly views: DeviceViews,
    private readonly clock: Clock,
    @Inject(TelemetrySettings.token) private readonly settings: SettingsOf<typeof TelemetrySettings>,
  ) {}

  /**
   * Exchanges an enrolment secret for the credential of a new device. The credential is answered here only.
   *
   * @throws DomainError `telemetry.enrolment-refused`, `telemetry.field-invalid`, `telemetry.too-many-devices`
   */
  async enrol(request: Enrolment): Promise<{ device: StoredDevice; credential: string }> {
    const presented = parseSecret(request.secret);
    if (!presented) throw enrolmentRefused();
    const name = textOf('name', request.name, 1, 200);
    const os = textOf('os', request.os, 0, 200);
    const agentVersion = textOf('agentVersion', request.agentVersion, 0, 100);
    return this.database.transaction(async (tx) => {
      const now = this.clock.now();
      const secret = await this.secrets.lockOfAnyTenant(tx, presented.id);
      if (!secret || !sameHash(secret.secret_hash, presented.hash) || !isUsable(secret, now)) throw enrolmentRefused();
      const { tenant_id: tenantId, secret_id: enrolmentSecretId } = secret;
      const { maxDevices } = this.settings;
      if ((await this.store.countUsable(tx, tenantId)) >= maxDevices) throw tooManyDevices(maxDevices);
      const deviceId = newId();
      const { text: credential, hash: credentialHash } = issueCredential('gnd', deviceId);
      const times = { enrolledAt: now, lastSeenAt: now, revokedAt: undefined };
      const device = {
        deviceId,
        tenantId,
        name,
        os,
        group: secret.device_group,
        agentVersion,
        credentialHash,
        enrolmentSecretId,
        ...times,
      };
      await this.store.insert(tx, device);
      await this.secrets.countUse(tx, tenantId, enrolmentSecretId);
      announce(tx, device);
      return { device, credential };
    });
  }

  /** The device behind a credential. @throws DomainError `telemetry.credential-refused` */
  async authenticate(credential: string): Promise<StoredDevice> {
    const presented = parseCredential(credential);
    if (presented?.kind !== 'gnd') throw credentialRefused();
    const device = await this.views.ofAnyTenant(presented.id);
    if (!device || device.revokedAt || !sameHash(device.credentialHash, presented.hash)) throw credentialRefused();
    return device;
  }

  /** Ends a device's credential; of one that is revoked already nothing changes. */
  async revoke(tenantId: string, deviceId: string): Promise<StoredDevice> {
    return this.database.transaction(async (tx) => {
      const device = await this.store.lock(tx, tenantId, deviceId.replaceAll('\0', ''));
      if (!device) throw deviceNotFound();
      if (device.revokedAt) return device;
      const revoked = { ...device, revokedAt: this.clock.now() };
      await this.store.revoke(tx, tenantId, device.deviceId, revoked.revokedAt);
      announce(tx, revoked);
      return revoked;
    });
  }

  /** @returns the secret's text, which is kept nowhere */
  async createSecret(
    tenantId: string,
    createdBy: string,
    wanted: { group: string; expiresAt: Date | undefined },
  ): Promise<{ secret: SecretRow; text: string }> {
    const group = wanted.group || DEFAULT_GROUP;
    if (!GROUP.test(group)) throw fieldInvalid('group', 'must be 1 to 64 lower-case letters, digits and dashes');
    const now = this.clock.now();
    if (wanted.expiresAt && wanted.expiresAt <= now) throw fieldInvalid('expiresAt', 'must lie in the future');
    return this.database.transaction(async (tx) => {
      const { maxEnrolmentSecrets } = this.settings;
      if ((await this.secrets.countUsable(tx, tenantId, now)) >= maxEnrolmentSecrets)
        throw tooManySecrets(maxEnrolmentSecrets);
      const id = newId();
      const { text, hash } = issueSecret(id);
      const secret: SecretRow = {
        secret_id: id,
        tenant_id: tenantId,
        device_group: group,
        secret_hash: hash,
        created_at: now,
        created_by: cleaned(createdBy, 200),
        expires_at: wanted.expiresAt ?? null,
        revoked_at: null,
        uses: 0,
      };
      await this.secrets.insert(tx, secret);
      return { secret, text };
    });
  }

  /** No further device can enrol with the secret; those that did stay enrolled. */
  async revokeSecret(tenantId: string, secretId: string): Promise<SecretRow> {
    const now = this.clock.now();
    const secret = await this.database.transaction((tx) =>
      this.secrets.revoke(tx, tenantId, secretId.replaceAll('\0', ''), now),
    );
    if (!secret) throw secretNotFound();
    return secret;
  }
}

function announce(tx: Tx, device: StoredDevice): void {
  tx.append(
    DeviceChangedSchema,
    { deviceId: device.deviceId, device: deviceMessage(device), credentialHash: device.credentialHash },
    { tenantId: device.tenantId },
  );
}

function isUsable(secret: SecretRow, now: Date): boolean {
  return secret.revoked_at === null && (secret.expires_at === null || secret.expires_at > now);
}

function textOf(field: string, value: unknown, least: number, most: number): string {
  if (value === undefined || value === null) {
    if (least === 0) return '';
    throw fieldInvalid(field, 'is missing');
  }
  if (typeof value !== 'string') throw fieldInvalid(field, 'must be a text');
  const text = value.trim();
  if (text.length < least || text.length > most) throw fieldInvalid(field, `must have ${least} to ${most} characters`);
  if (hasControls(text)) throw fieldInvalid(field, 'has control characters');
  return cleaned(text, most);
}
