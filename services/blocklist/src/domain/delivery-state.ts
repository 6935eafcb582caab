import { DeliveryState } from '#contracts';

/** What a device has done with the lists of its group. Revisions are 0 where there is none yet. */
export interface DeliveryRecord {
  readonly deliveredRevision: bigint;
  readonly appliedRevision: bigint;
  /** The newest revision that it could not apply and has not applied since. */
  readonly failedRevision: bigint;
}

/** Where a device is with revision `current` of its group. */
export function deliveryStateOf(record: DeliveryRecord, current: bigint): DeliveryState {
  if (record.failedRevision >= current && current > 0n) return DeliveryState.FAILED;
  if (record.appliedRevision >= current && current > 0n) return DeliveryState.APPLIED;
  return record.deliveredRevision >= current && current > 0n ? DeliveryState.DELIVERED : DeliveryState.PUBLISHED;
}
