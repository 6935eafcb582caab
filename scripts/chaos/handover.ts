import type { Probes } from './probes.js';
import { quantiles } from './report.js';
import type { ChaosStage } from './run.js';

export interface Spread {
  readonly p50: number;
  readonly max: number;
}

/** In milliseconds, each from a new batch in every partition until the effects of all could be read. */
export interface Handovers {
  /** While nothing is stopped. */
  readonly roundTripMs: Spread;
  /** From the order to stop. */
  readonly plannedStopMs: Spread;
  /** How much longer than the round trip just before it: for so long, partitions were nobody's. */
  readonly plannedHandoverMs: Spread;
}

/** Stops one of the telemetry processes after the other as planned, and measures until every partition goes on. */
export async function measureHandovers(
  stage: ChaosStage,
  probes: Probes,
  times: number,
  say: (line: string) => void,
): Promise<Handovers | null> {
  const roundTrips: number[] = [];
  const stops: number[] = [];
  for (let round = 0; round < times; round++) {
    const members = stage.parts().filter(({ name }) => name.startsWith('telemetry'));
    const part = members[round % members.length];
    if (!part || members.length < 2) return null;
    roundTrips.push(await probes.batches());
    const stopping = part.stop();
    stops.push(await probes.batches());
    await stopping;
    const [roundTrip, stop] = [roundTrips.at(-1)!, stops.at(-1)!].map(Math.round);
    say(`planned stop of ${part.name}: all partitions went on after ${stop} ms; a round trip takes ${roundTrip} ms`);
    await part.start();
    await stage.ready();
    await probes.batches();
  }
  if (times === 0) return null;
  return {
    roundTripMs: spreadOf(roundTrips),
    plannedStopMs: spreadOf(stops),
    plannedHandoverMs: spreadOf(stops.map((ms, index) => Math.max(0, ms - roundTrips[index]!))),
  };
}

function spreadOf(values: readonly number[]): Spread {
  const { p50, max } = quantiles(values);
  return { p50: Math.round(p50), max: Math.round(max) };
}
