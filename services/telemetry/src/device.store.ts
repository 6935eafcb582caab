import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import type { DeviceSchema } from '#contracts';
import { Database, type Tx } from '#database';

export interface StoredDevice {
  readonly deviceId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly os: string;
  readonly group: string;
  readonly agentVersion: string;
  /** SHA-256 of the credential's 32 secret bytes. */
  readonly credentialHash: Buffer;
  readonly enrolmentSecretId: string;
  readonly enrolledAt: Date;
  readonly lastSeenAt: Date;
  readonly revokedAt: Date | undefined;
}

export interface DeviceRow {
  device_id: string;
  tenant_id: string;
  name: string;
  os: string;
  device_group: string;
  agent_version: string;
  credential_hash: Buffer;
  enrolment_secret_id: string;
  enrolled_at: Date;
  last_seen_at: Date;
  revoked_at: Date | null;
}

const WRITTEN_AT_ONCE = 5_000;

/** Writes devices. */
@Injectable()
export class DeviceStore {
  constructor(@Inject(Database) private readonly database: Database) {}

  async insert(tx: Tx, device: StoredDevice): Promise<void> {
    await tx.query(
      `INSERT INTO device (device_id, tenant_id, name, os, device_group, agent_version, credential_hash,
         enrolment_secret_id, enrolled_at, last_seen_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        device.deviceId,
        device.tenantId,
        device.name,
        device.os,
        device.group,
        device.agentVersion,
        device.credentialHash,
        device.enrolmentSecretId,
        device.enrolledAt,
        device.lastSeenAt,
      ],
    );
  }

  /** How many devices of the tenant are not revoked. */
  async countUsable(tx: Tx, tenantId: string): Promise<number> {
    const rows = await tx.query<{ count: number }>(
      'SELECT count(*)::int AS count FROM device WHERE tenant_id = $1 AND revoked_at IS NULL',
      [tenantId],
    );
    return rows[0]?.count ?? 0;
  }

  /** The device, locked; undefined where the tenant has none of that id. */
  async lock(tx: Tx, tenantId: string, deviceId: string): Promise<StoredDevice | undefined> {
    const sql = 'SELECT * FROM device WHERE tenant_id = $1 AND device_id = $2 FOR UPDATE';
    const rows = await tx.query<DeviceRow>(sql, [tenantId, deviceId]);
    return rows[0] && deviceOf(rows[0]);
  }

  async revoke(tx: Tx, tenantId: string, deviceId: string, at: Date): Promise<void> {
    await tx.query('UPDATE device SET revoked_at = $3 WHERE tenant_id = $1 AND device_id = $2', [
      tenantId,
      deviceId,
      at,
    ]);
  }

  async saveLastSeen(seen: readonly { deviceId: string; tenantId: string; at: Date }[]): Promise<void> {
    for (let from = 0; from < seen.length; from += WRITTEN_AT_ONCE) {
      const part = seen.slice(from, from + WRITTEN_AT_ONCE);
      await this.database.query(
        `UPDATE device d SET last_seen_at = greatest(d.last_seen_at, n.at)
         FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS n(tenant_id, device_id, at)
         WHERE d.tenant_id = n.tenant_id AND d.device_id = n.device_id`,
        [
          part.map((each) => each.tenantId),
          part.map((each) => each.deviceId),
          part.map((each) => each.at.toISOString()),
        ],
      );
    }
  }
}

export function deviceOf(row: DeviceRow): StoredDevice {
  return {
    deviceId: row.device_id,
    tenantId: row.tenant_id,
    name: row.name,
    os: row.os,
    group: row.device_group,
    agentVersion: row.agent_version,
    credentialHash: row.credential_hash,
    enrolmentSecretId: row.enrolment_secret_id,
    enrolledAt: row.enrolled_at,
    lastSeenAt: row.last_seen_at,
    revokedAt: row.revoked_at ?? undefined,
  };
}

/** The device as the contract and events carry it. */
export function deviceMessage(device: StoredDevice): MessageInitShape<typeof DeviceSchema> {
  return {
    id: device.deviceId,
    name: device.name,
    os: device.os,
    group: device.group,
    enrolledAt: timestampFromDate(device.enrolledAt),
    lastSeenAt: timestampFromDate(device.lastSeenAt),
    revoked: device.revokedAt !== undefined,
    agentVersion: device.agentVersion,
  };
}
