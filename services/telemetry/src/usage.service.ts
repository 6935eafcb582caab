import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import { getDomain } from 'tldts';
import { AppAccessedSchema, AppDiscoveredSchema, UsageEventKind, type UsageEvent } from '#contracts';
import type { Tx } from '#database';
import { Metrics } from '#kernel';
import type { HostIndex } from '#matcher';
import { AccessFold } from './domain/accesses.js';
import { observationOf, type Observation } from './domain/events/observation.js';
import { EntityKind, UsageFold, type UsageDelta } from './domain/fold.js';
import { SequenceSet } from './domain/sequences.js';
import { AppIndex } from './app-index.js';
import { appKey, sourceKey, UsageStore, type Sighting } from './usage.store.js';

/** A batch as it came from the event log. */
export interface ReceivedBatch {
  readonly tenantId: string;
  readonly sourceId: string;
  readonly sequence: bigint;
  readonly deviceId: string;
  readonly events: readonly UsageEvent[];
}

interface ClaimedEvent {
  readonly tenantId: string;
  readonly deviceId: string;
  readonly appId: string;
  readonly event: Observation;
}

/** Adds batches to the usage roll-ups: each batch once, however often it arrives. */
@Injectable()
export class UsageService {
  private readonly counted;

  constructor(
    private readonly store: UsageStore,
    private readonly index: AppIndex,
    metrics: Metrics,
  ) {
    this.counted = metrics.counter({
      name: 'gnomon_telemetry_events_total',
      help: 'Usage events applied to the roll-ups, by what became of them.',
      labelNames: ['outcome'],
    });
  }

  /** Applies batches that follow each other in one partition, with everything they cause, in the given transaction. */
  async apply(tx: Tx, batches: readonly ReceivedBatch[]): Promise<void> {
    await this.index.ready();
    const fresh = await this.countOnce(tx, batches);
    const fold = new UsageFold();
    const claimed: ClaimedEvent[] = [];
    let unclaimed = 0;
    for (const { tenantId, deviceId, events } of fresh) {
      const index = this.index.of(tenantId);
      for (const message of events) {
        const event = observationOf(message);
        const appId = appOf(index, event);
        if (appId !== undefined) {
          fold.claimed(tenantId, deviceId, appId, event);
          claimed.push({ tenantId, deviceId, appId, event });
        } else if (event.kind !== UsageEventKind.PROCESS) {
          fold.unclaimed(tenantId, event);
          unclaimed += 1;
        }
      }
    }
    await this.write(tx, fold, claimed);
    tx.afterCommit(() => {
      this.counted.inc({ outcome: 'claimed' }, claimed.length);
      this.counted.inc({ outcome: 'unclaimed' }, unclaimed);
    });
  }

  /** Leaves out batches whose number was counted before, and notes the numbers of the others. */
  private async countOnce(tx: Tx, batches: readonly ReceivedBatch[]): Promise<ReceivedBatch[]> {
    const sources = new Map(batches.map((batch) => [sourceKey(batch.tenantId, batch.sourceId), batch]));
    const seen = await this.store.lockSequences(tx, [...sources.values()]);
    const fresh = batches.filter((batch) => {
      const key = sourceKey(batch.tenantId, batch.sourceId);
      const numbers = seen.get(key) ?? SequenceSet.empty();
      seen.set(key, numbers);
      return numbers.add(batch.sequence);
    });
    const moved = new Set(fresh.map((batch) => sourceKey(batch.tenantId, batch.sourceId)));
    const counted = [...moved].map((key) => {
      const { tenantId, sourceId } = sources.get(key) as ReceivedBatch;
      return { tenantId, sourceId, seen: seen.get(key) as SequenceSet };
    });
    if (counted.length > 0) await this.store.saveSequences(tx, counted);
    return fresh;
  }

  private async write(tx: Tx, fold: UsageFold, claimed: readonly ClaimedEvent[]): Promise<void> {
    const usage = fold.usage();
    const sightings = sightingsOf(usage);
    if (sightings.length > 0) {
      const discovered = await this.store.saveSightings(tx, sightings);
      this.announce(tx, sightings, discovered);
      await this.store.addUsage(tx, usage);
      await this.announceAccesses(tx, sightings, claimed);
    }
    const hosts = fold
      .unclaimedHosts()
      .map((delta) => ({ ...delta, registrableDomain: getDomain(delta.host) ?? delta.host }));
    if (hosts.length > 0) await this.store.addUnclaimed(tx, hosts);
  }

  private announce(tx: Tx, sightings: readonly Sighting[], discovered: ReadonlySet<string>): void {
    for (const { tenantId, appId, firstMicros } of sightings) {
      if (!discovered.has(appKey(tenantId, appId))) continue;
      tx.append(
        AppDiscoveredSchema,
        { appId, firstSeenAt: timestampFromMs(Math.floor(firstMicros / 1e3)) },
        { tenantId },
      );
    }
  }

  private async announceAccesses(
    tx: Tx,
    sightings: readonly Sighting[],
    claimed: readonly ClaimedEvent[],
  ): Promise<void> {
    const tags = await this.store.tags(tx, sightings);
    if (tags.size === 0) return;
    const accesses = new AccessFold();
    for (const { tenantId, deviceId, appId, event } of claimed) {
      const state = tags.get(appKey(tenantId, appId));
      if (state) accesses.add(tenantId, deviceId, appId, event, state);
    }
    for (const { tenantId, firstMicros, lastMicros, count, ...access } of accesses.all()) {
      tx.append(
        AppAccessedSchema,
        {
          ...access,
          count: BigInt(count),
          firstAt: timestampFromMs(Math.floor(firstMicros / 1e3)),
          lastAt: timestampFromMs(Math.floor(lastMicros / 1e3)),
        },
        { tenantId },
      );
    }
  }
}

/** The app of a host; where no app claims the host, that of the program that asked for it. */
function appOf(index: HostIndex, event: Observation): string | undefined {
  const byHost = event.host === '' ? undefined : index.match(event.host, event.path === '' ? undefined : event.path);
  if (byHost) return byHost.appId;
  const byProcess = event.process === '' ? undefined : index.matchProcess(event.process);
  return (byProcess ?? (event.bundleId === '' ? undefined : index.matchProcess(event.bundleId)))?.appId;
}

/** When each app was seen, in the order of the roll-up rows. */
function sightingsOf(usage: readonly UsageDelta[]): Sighting[] {
  const sightings: Sighting[] = [];
  for (const { tenantId, appId, kind, firstMicros, lastMicros } of usage) {
    if (kind !== EntityKind.TOTAL) continue;
    const last = sightings.at(-1);
    if (last?.tenantId === tenantId && last.appId === appId) {
      last.firstMicros = Math.min(last.firstMicros, firstMicros);
      last.lastMicros = Math.max(last.lastMicros, lastMicros);
    } else {
      sightings.push({ tenantId, appId, firstMicros, lastMicros });
    }
  }
  return sightings;
}
