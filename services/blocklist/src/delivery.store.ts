import { Injectable } from '@nestjs/common';
import { Database } from '#database';
import type { GroupKey } from './revision.store.js';

/** What was learnt about one device and the list of its group. Revision 0 = nothing about that. */
export interface DeliveryChange extends GroupKey {
  readonly deviceId: string;
  readonly deliveredRevision: bigint;
  readonly appliedRevision: bigint;
  readonly failedRevision: bigint;
  readonly error: string;
  readonly at: Date;
}

/** How far devices are with the lists of their groups. */
@Injectable()
export class DeliveryStore {
  constructor(private readonly database: Database) {}

  /**
   * Takes in what was learnt, at most one change a device. Revisions never go back; a failure stands until the device
   * applies that revision or a later one.
   */
  async save(changes: readonly DeliveryChange[]): Promise<void> {
    // Processes that write the same devices must lock them in the same order.
    const sorted = [...changes].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const column = <T>(valueOf: (change: DeliveryChange) => T): T[] => sorted.map(valueOf);
    await this.database.query(
      `INSERT INTO delivery AS d (tenant_id, device_id, group_name, delivered_revision, delivered_at, applied_revision,
         applied_at, failed_revision, error, as_of)
       SELECT n.tenant_id, n.device_id, n.group_name, n.delivered, CASE WHEN n.delivered > 0 THEN n.at END, n.applied,
         CASE WHEN n.applied > 0 THEN n.at END, n.failed, n.error, n.at
       FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[],
         $8::timestamptz[]) AS n (tenant_id, device_id, group_name, delivered, applied, failed, error, at)
       ON CONFLICT (tenant_id, device_id, group_name) DO UPDATE SET
         delivered_revision = greatest(d.delivered_revision, excluded.delivered_revision),
         delivered_at = CASE WHEN excluded.delivered_revision > d.delivered_revision THEN excluded.delivered_at
           ELSE d.delivered_at END,
         applied_revision = greatest(d.applied_revision, excluded.applied_revision),
         applied_at = CASE WHEN excluded.applied_revision > d.applied_revision THEN excluded.applied_at
           ELSE d.applied_at END,
         failed_revision = CASE ${FAILURE} WHEN 'new' THEN excluded.failed_revision WHEN 'over' THEN 0
           ELSE d.failed_revision END,
         error = CASE ${FAILURE} WHEN 'new' THEN excluded.error WHEN 'over' THEN '' ELSE d.error END,
         as_of = greatest(d.as_of, excluded.as_of)`,
      [
        column((change) => change.tenantId),
        column((change) => change.deviceId),
        column((change) => change.group),
        column((change) => change.deliveredRevision.toString()),
        column((change) => change.appliedRevision.toString()),
        column((change) => change.failedRevision.toString()),
        column((change) => change.error),
        column((change) => change.at),
      ],
    );
  }
}

/** One text for a device in a group. */
export function keyOf(change: Pick<DeliveryChange, 'tenantId' | 'deviceId' | 'group'>): string {
  return `${change.tenantId}\n${change.deviceId}\n${change.group}`;
}

/** Whether a change brings a failure, or ends the one there is. */
const FAILURE = `(CASE
  WHEN excluded.failed_revision > 0 AND excluded.failed_revision >= greatest(d.failed_revision, d.applied_revision)
    THEN 'new'
  WHEN excluded.applied_revision > 0 AND excluded.applied_revision >= d.failed_revision THEN 'over'
  ELSE 'same' END)`;
