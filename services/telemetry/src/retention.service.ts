import { Inject, Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Clock, type SettingsOf } from '#kernel';
import { RetentionStore } from './retention.store.js';
import { TelemetrySettings } from './telemetry.config.js';

const DAY_MS = 86_400_000;
const ROWS_AT_ONCE = 5_000;
/** What one run removes at most from one table: the next run goes on. */
const MAX_STATEMENTS = 200;

/** Removes what is past its retention, in small statements. Several processes may do it at once. */
@Injectable()
export class RetentionService implements BeforeApplicationShutdown {
  private stopping = false;

  constructor(
    private readonly store: RetentionStore,
    private readonly clock: Clock,
    @Inject(TelemetrySettings.token) private readonly settings: SettingsOf<typeof TelemetrySettings>,
  ) {}

  /** A job that is stopping is waited for, so it stops soon. */
  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  /** Removes usage, hosts, uploads and batch numbers that nothing was added to for longer than the retention. */
  async run(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.settings.retentionDays * DAY_MS);
    for (const table of ['usage_daily', 'unclaimed_host', 'source_sequence', 'log_upload'] as const) {
      await this.repeat(() => this.store.removeOld(table, before, ROWS_AT_ONCE));
    }
    await this.repeat(() => this.store.removeUnused(ROWS_AT_ONCE));
    for (const tenantId of await this.store.tenantsWithHosts()) {
      await this.repeat(() => this.store.trimHosts(tenantId, this.settings.maxUnclaimedHosts, ROWS_AT_ONCE));
    }
  }

  private async repeat(remove: () => Promise<number>): Promise<void> {
    for (let run = 0; run < MAX_STATEMENTS && !this.stopping; run += 1) {
      if ((await remove()) < ROWS_AT_ONCE) return;
    }
  }
}
