import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, messageOf, type SettingsOf } from '#kernel';
import { DeviceStore } from './device.store.js';
import { TelemetrySettings } from './telemetry.config.js';

/** As many devices as may call between two writes; a device beyond that is noted at its next call. */
const MAX_PENDING = 500_000;

interface Seen {
  readonly tenantId: string;
  readonly at: Date;
}

/** Notes when devices were last seen: one statement for all of them, once in a while, and none while nobody calls. */
@Injectable()
export class DeviceActivity implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(DeviceActivity.name);
  private pending = new Map<string, Seen>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: DeviceStore,
    private readonly clock: Clock,
    @Inject(TelemetrySettings.token) private readonly settings: SettingsOf<typeof TelemetrySettings>,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.flush(), this.settings.lastSeenMs);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  touch(tenantId: string, deviceId: string, at: Date = this.clock.now()): void {
    if (this.pending.size < MAX_PENDING || this.pending.has(deviceId)) this.pending.set(deviceId, { tenantId, at });
  }

  /** Writes what was noted. What cannot be written now is noted again at the devices' next calls. */
  async flush(): Promise<void> {
    if (this.pending.size === 0) return;
    const seen = [...this.pending].map(([deviceId, { tenantId, at }]) => ({ deviceId, tenantId, at }));
    this.pending = new Map();
    try {
      await this.store.saveLastSeen(seen);
    } catch (error) {
      this.logger.warn(`Last-seen times of ${seen.length} devices were not written: ${messageOf(error)}`);
    }
  }
}
