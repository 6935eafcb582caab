import { Inject, Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock, messageOf } from '#kernel';
import { BlocklistSettings } from './blocklist.config.js';
import { reportsOverloaded } from './blocklist.errors.js';
import { DeliveryStore, keyOf, type DeliveryChange } from './delivery.store.js';
import type { GroupKey } from './revision.store.js';

interface Pending {
  change: DeliveryChange;
  readonly done: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

const DELIVERY_LINGER_MS = 500;
const MAX_BATCH = 2_000;

/**
 * Writes what devices fetched and reported, many in one statement. A report is answered when its write is durable. That
 * a device fetched a list is written within a second and may be lost in a crash: its report says the same and more.
 */
@Injectable()
export class DeliveryLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger(DeliveryLog.name);
  private readonly fetched = new Map<string, DeliveryChange>();
  private readonly reports = new Map<string, Pending>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly store: DeliveryStore,
    private readonly clock: Clock,
    @Inject(BlocklistSettings.token) private readonly settings: BlocklistSettings,
  ) {}

  /** Notes that a device was sent a revision. Costs no more than a map entry. */
  noteFetched(key: GroupKey & { deviceId: string }, revision: bigint): void {
    const text = keyOf(key);
    if (this.fetched.size >= this.settings.maxPendingReports && !this.fetched.has(text)) return;
    this.fetched.set(text, {
      tenantId: key.tenantId,
      group: key.group,
      deviceId: key.deviceId,
      deliveredRevision: revision,
      appliedRevision: 0n,
      failedRevision: 0n,
      error: '',
      at: this.clock.now(),
    });
    this.timer ??= setTimeout(() => void this.flush(), DELIVERY_LINGER_MS);
  }

  /**
   * Writes a device's report; resolves when it is durable.
   *
   * @throws DomainError `blocklist.reports-overloaded`
   */
  async report(change: Omit<DeliveryChange, 'at'>): Promise<void> {
    const text = keyOf(change);
    // One statement writes a row once, so a second report of a device goes into the next one.
    for (let before = this.reports.get(text); before; before = this.reports.get(text)) {
      await before.done.catch(() => undefined);
    }
    if (this.reports.size >= this.settings.maxPendingReports) throw reportsOverloaded();
    let resolve!: () => void;
    let reject!: (reason: Error) => void;
    const done = new Promise<void>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    this.reports.set(text, { change: { ...change, at: this.clock.now() }, done, resolve, reject });
    void this.flush();
    return done;
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  /** Writes everything that waits. One write runs at a time; what comes meanwhile goes together in the next. */
  private flush(): Promise<void> {
    this.running ??= this.drain();
    return this.running;
  }

  private async drain(): Promise<void> {
    // What arrives in this turn of the event loop shares the first statement.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.reports.size > 0 || this.fetched.size > 0) await this.writeNext();
    // In the same breath as the look at the queues: what comes later starts anew.
    this.running = undefined;
  }

  private async writeNext(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const reports = firstOf(this.reports, MAX_BATCH);
    const fetched = firstOf(this.fetched, MAX_BATCH);
    const changes = new Map(fetched);
    for (const [text] of fetched) this.fetched.delete(text);
    for (const [text, { change }] of reports) changes.set(text, joined(changes.get(text), change));
    let failure: Error | undefined;
    try {
      await this.store.save([...changes.values()]);
    } catch (error) {
      failure = error as Error;
      this.logger.warn(`What ${changes.size} devices fetched or reported was not written: ${messageOf(error)}`);
    }
    for (const [text, pending] of reports) {
      this.reports.delete(text);
      if (failure === undefined) pending.resolve();
      else pending.reject(failure);
    }
  }
}

function firstOf<V>(map: ReadonlyMap<string, V>, count: number): [string, V][] {
  const entries: [string, V][] = [];
  for (const entry of map) {
    if (entries.push(entry) >= count) break;
  }
  return entries;
}

/** A report says at least as much as the fetch before it. */
function joined(fetched: DeliveryChange | undefined, report: DeliveryChange): DeliveryChange {
  if (!fetched || fetched.deliveredRevision <= report.deliveredRevision) return report;
  return { ...report, deliveredRevision: fetched.deliveredRevision };
}
