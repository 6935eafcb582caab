import { setTimeout as sleep } from 'node:timers/promises';
import type { Sums } from './accounting.js';
import type { EventMaker } from './agents.js';
import type { Device } from './device.js';
import { deviceOfEachPartition, transactionsByDevice } from './probes.js';
import { blockedAttemptsByUser } from './stored-alerts.js';
import { readUsage } from './stored-usage.js';
import type { ChaosApp, World } from './world.js';

const ROUNDS = 60;
const ROUND_MS = 500;

/** What was there before the accounts were opened. */
export interface Baseline {
  readonly usage: ReadonlyMap<string, Sums>;
  readonly blockedAttempts: ReadonlyMap<string, number>;
}

/**
 * Uses every app through every partition until all processes know all of them and that one is blocked: from then on each
 * event is counted where it belongs. Resolves when nothing moves any more.
 *
 * @throws Error if that takes more than half a minute
 */
export async function warmUp(world: World, maker: EventMaker): Promise<Baseline> {
  const devices = await deviceOfEachPartition(world, 'warm-up');
  let unknown: string | undefined;
  for (let round = 1; round <= ROUNDS; round++) {
    await Promise.all(devices.map((device) => device.send(appsOf(world).map((app) => eventOf(world, app, maker)))));
    await sleep(ROUND_MS);
    unknown = await unknownOf(world, devices);
    if (!unknown) return settled(world);
  }
  throw new Error(`The product did not come to know what was added to it: ${unknown}`);
}

function appsOf({ busy, pairs, banned, probe, signal }: World): ChaosApp[] {
  return [...busy, ...pairs.flatMap(({ parent, child }) => [parent, child]), banned, probe, signal];
}

function eventOf(world: World, app: ChaosApp, maker: EventMaker): ReturnType<EventMaker['of']> {
  return maker.of(app, app === world.banned);
}

/** What is not known yet; undefined when everything is. */
async function unknownOf(world: World, devices: readonly Device[]): Promise<string | undefined> {
  for (const app of appsOf(world)) {
    const counted = await transactionsByDevice(world.api, app.id);
    const missing = devices.filter(({ id }) => !counted.has(id));
    if (missing.length > 0) return `${app.domain} was not counted for ${missing.map(({ user }) => user).join()}`;
  }
  const blocked = await blockedAttemptsByUser(world);
  const missing = devices.filter(({ user }) => !blocked.has(user));
  return missing.length > 0 ? `no alert of ${missing.map(({ user }) => user).join()}` : undefined;
}

async function settled(world: World): Promise<Baseline> {
  let before = '';
  for (;;) {
    const baseline = { usage: await readUsage(world), blockedAttempts: await blockedAttemptsByUser(world) };
    const now = JSON.stringify([[...baseline.usage], [...baseline.blockedAttempts]]);
    if (now === before) return baseline;
    before = now;
    await sleep(ROUND_MS * 2);
  }
}
