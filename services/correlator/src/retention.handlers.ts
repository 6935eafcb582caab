import { Inject, Injectable } from '@nestjs/common';
import { Every } from '#jobs';
import { Clock, type SettingsOf } from '#kernel';
import { CorrelatorSettings } from './correlator.config.js';
import { RetentionStore } from './retention.store.js';

const DAY_MS = 86_400_000;
const INCIDENTS_AT_ONCE = 200;
/** What one run removes at most; the next one goes on. */
const MAX_STATEMENTS = 500;

/** Keeps the correlator's tables from growing for ever. */
@Injectable()
export class RetentionHandlers {
  constructor(
    private readonly store: RetentionStore,
    private readonly clock: Clock,
    @Inject(CorrelatorSettings.token) private readonly settings: SettingsOf<typeof CorrelatorSettings>,
  ) {}

  @Every('remove-old-incidents', { everyMs: 3_600_000 })
  async removeOldIncidents(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.settings.retentionDays * DAY_MS);
    for (let run = 0; run < MAX_STATEMENTS; run++) {
      if ((await this.store.removeIncidents(before, INCIDENTS_AT_ONCE)) < INCIDENTS_AT_ONCE) return;
    }
  }
}
