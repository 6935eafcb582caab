import { Inject, Injectable } from '@nestjs/common';
import type { Tx } from '#database';
import { Clock, type SettingsOf } from '#kernel';
import { AttemptStore, type ActorAttempt } from './attempt.store.js';
import { CorrelatorSettings } from './correlator.config.js';
import type { AlertDraft } from './domain/alert-draft.js';
import type { Attempt } from './domain/attempt.js';
import type { Surroundings } from './domain/detections/detection.js';
import { DETECTIONS } from './domain/detections/registry.js';
import { actorKey, isBlockedAttempt, type Sighting } from './domain/sighting.js';
import { NameStore } from './name.store.js';

const DAY_MS = 86_400_000;
/** How many attempts of one actor a detection looks at. */
const MAX_ATTEMPTS = 200;

/** Has every detection look at what was seen, each with what it needs to know around it. */
@Injectable()
export class DetectionService {
  constructor(
    private readonly names: NameStore,
    private readonly attempts: AttemptStore,
    private readonly clock: Clock,
    @Inject(CorrelatorSettings.token) private readonly settings: SettingsOf<typeof CorrelatorSettings>,
  ) {}

  /** What the detections found, in the order of what was seen. Expects the tenant's lock to be held. */
  async detect(tx: Tx, tenantId: string, sightings: readonly Sighting[]): Promise<AlertDraft[]> {
    const attempts = await this.attemptsNear(tx, tenantId, sightings);
    const surroundings = await this.surroundings(tx, tenantId, sightings, attempts);
    const drafts: AlertDraft[] = [];
    const added: ActorAttempt[] = [];
    for (const sighting of sightings) {
      const actor = sighting.type === 'access' ? actorKey(sighting) : '';
      const attemptsBefore = attempts.get(actor) ?? [];
      const around: Surroundings = { ...surroundings, attemptsBefore };
      for (const detection of DETECTIONS) drafts.push(...detection.detect(sighting, around));
      if (!actor || !isBlockedAttempt(sighting)) continue;
      const { appId, firstAt, lastAt, count } = sighting;
      added.push({ actor, appId, firstAt, lastAt, count });
      attempts.set(actor, [...attemptsBefore, { appId, firstAt, lastAt, count }].slice(-MAX_ATTEMPTS));
    }
    if (added.length > 0) {
      const now = this.clock.now();
      await this.attempts.add(tx, tenantId, added, now);
      await this.attempts.forget(tx, tenantId, new Date(now.getTime() - Math.max(DAY_MS, 2 * this.windowMs)));
    }
    return drafts;
  }

  private get windowMs(): number {
    return this.settings.repetitionSeconds * 1_000;
  }

  private async attemptsNear(
    tx: Tx,
    tenantId: string,
    sightings: readonly Sighting[],
  ): Promise<Map<string, Attempt[]>> {
    const blocked = sightings.filter(isBlockedAttempt).filter(actorKey);
    if (blocked.length === 0) return new Map();
    const from = Math.min(...blocked.map(({ firstAt }) => firstAt.getTime())) - this.windowMs;
    const to = Math.max(...blocked.map(({ lastAt }) => lastAt.getTime())) + this.windowMs;
    return this.attempts.near(tx, tenantId, blocked.map(actorKey), new Date(from), new Date(to));
  }

  private async surroundings(
    tx: Tx,
    tenantId: string,
    sightings: readonly Sighting[],
    attempts: ReadonlyMap<string, readonly Attempt[]>,
  ): Promise<Omit<Surroundings, 'attemptsBefore'>> {
    const triedBefore = [...attempts.values()].flat().map(({ appId }) => appId);
    const appIds = new Set([...triedBefore, ...sightings.map(({ appId }) => appId)]);
    const deviceIds = new Set(sightings.flatMap((sighting) => (sighting.type === 'access' ? [sighting.deviceId] : [])));
    const apps = await this.names.apps(tx, tenantId, [...appIds]);
    const devices = await this.names.devices(tx, tenantId, [...deviceIds]);
    const { settings } = this;
    return {
      appName: (appId) => apps.get(appId) ?? appId,
      deviceName: (deviceId) => devices.get(deviceId) ?? deviceId,
      severities: {
        blockedAttempt: settings.blockedAttemptSeverity,
        unblockedUse: settings.unblockedUseSeverity,
        repeatedAttempts: settings.repeatedAttemptsSeverity,
      },
      repetition: { threshold: settings.repetitionAttempts, windowMs: this.windowMs },
    };
  }
}
