import type { Fault } from './faults.js';
import type { Handovers } from './handover.js';
import { isClean, type Findings } from './verification.js';

/** What one cycle was, and how long the product took to work again after it. */
export interface Cycle {
  readonly part: string;
  readonly kind: Fault['kind'];
  readonly staysDead: boolean;
  /** From the end of the fault until a new batch was accepted in every partition and its effect could be read. */
  readonly recoverySeconds: number;
  /** From the end of the fault until a new decision was in the published block list. */
  readonly listSeconds: number;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What `npm run chaos -- --json` prints. */
export interface ChaosResult extends Findings {
  readonly seed: number;
  readonly cycles: number;
  readonly kills: number;
  readonly freezes: number;
  readonly cuts: number;
  /** Events that were acknowledged. */
  readonly acked: number;
  readonly batches: number;
  readonly resentBatches: number;
  readonly decisions: number;
  /** Requests that were refused although nothing was wrong with them, or not accepted as a whole. */
  readonly complaints: number;
  /** Processes that ended without being told to. */
  readonly crashes: number;
  readonly recoverySecondsP50: number;
  readonly recoverySecondsP99: number;
  readonly recoverySecondsMax: number;
  readonly listSecondsP50: number;
  readonly listSecondsP99: number;
  readonly listSecondsMax: number;
  /** Null where no planned stop was measured. */
  readonly handovers: Handovers | null;
  /** From the last event until everything was as it was acknowledged. */
  readonly settleSeconds: number;
  readonly elapsedSeconds: number;
  readonly worst: readonly Cycle[];
}

const WORST = 10;
const MAX_RECOVERY_SECONDS = 10;
const MAX_HANDOVER_MS = 1_000;

/** Whether nothing was lost or wrong, and it went on as soon as it must. */
export function isGood(result: ChaosResult): boolean {
  return (
    isClean(result) &&
    result.complaints === 0 &&
    result.crashes === 0 &&
    result.recoverySecondsP99 <= MAX_RECOVERY_SECONDS &&
    (result.handovers?.plannedHandoverMs.max ?? 0) <= MAX_HANDOVER_MS
  );
}

export function worstOf(cycles: readonly Cycle[]): Cycle[] {
  const length = (cycle: Cycle): number => Math.max(cycle.recoverySeconds, cycle.listSeconds);
  return [...cycles].sort((a, b) => length(b) - length(a)).slice(0, WORST);
}

/** Nearest rank; 0 for all where there is nothing to rank. */
export function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function rounded(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
