import { describe, jest } from '@jest/globals';
import { durabilityTests } from './durability.js';
import { killingTests } from './killing.js';
import { membershipTests } from './membership.js';
import { orderingTests } from './ordering.js';
import { parkedRequestTests } from './parked-requests.js';
import { parkingTests } from './parking.js';
import { replayTests } from './replay.js';
import { retentionTests } from './retention.js';
import type { Subject } from './subject.js';

/** What every driver of the event log promises. A driver's own test calls this with a way to make a fresh log. */
export function eventLogConformance(name: string, subject: Subject): void {
  describe(`event log on ${name}`, () => {
    jest.setTimeout(60_000);
    orderingTests(subject);
    replayTests(subject);
    killingTests(subject);
    membershipTests(subject);
    parkingTests(subject);
    parkedRequestTests(subject);
    retentionTests(subject);
    durabilityTests(subject);
  });
}
