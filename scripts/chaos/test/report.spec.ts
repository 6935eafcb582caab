import { describe, expect, it } from '@jest/globals';
import { isGood, type ChaosResult } from '../report.js';

const good: ChaosResult = {
  ...{ seed: 1, cycles: 200, kills: 152, freezes: 29, cuts: 19, acked: 1_000_000, batches: 10_000, resentBatches: 12 },
  ...{ decisions: 1_900, complaints: 0, crashes: 0, lost: 0, duplicated: 0, wrongSums: 0, misordered: 0 },
  ...{ listMismatches: 0, tagMismatches: 0, alerts: 178, incidents: 3, alertsWithoutIncident: 0 },
  ...{ miscountedAttempts: 0, unshipped: 0, parked: 0, sentTwice: 319, details: [] },
  ...{ recoverySecondsP50: 1, recoverySecondsP99: 6.9, recoverySecondsMax: 12 },
  ...{ listSecondsP50: 1, listSecondsP99: 4, listSecondsMax: 7, settleSeconds: 20, elapsedSeconds: 2_400, worst: [] },
  handovers: {
    roundTripMs: { p50: 500, max: 800 },
    plannedStopMs: { p50: 700, max: 900 },
    plannedHandoverMs: { p50: 170, max: 342 },
  },
};

describe('the result of a run', () => {
  it('is good where nothing is wrong, however much was done', () => {
    expect(isGood(good)).toBe(true);
    expect(isGood({ ...good, handovers: null })).toBe(true);
  });

  it.each<Partial<ChaosResult>>([
    { lost: 1 },
    { duplicated: 1 },
    { wrongSums: 1 },
    { misordered: 1 },
    { listMismatches: 1 },
    { tagMismatches: 1 },
    { alertsWithoutIncident: 1 },
    { miscountedAttempts: 1 },
    { unshipped: 1 },
    { parked: 1 },
    { complaints: 1 },
    { crashes: 1 },
    { recoverySecondsP99: 10.1 },
    { handovers: { ...good.handovers!, plannedHandoverMs: { p50: 1, max: 1_001 } } },
  ])('is not good with %j', (wrong) => {
    expect(isGood({ ...good, ...wrong })).toBe(false);
  });
});
