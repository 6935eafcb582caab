import { setTimeout as sleep } from 'node:timers/promises';
import { partitionOf } from '#event-log';
import { Api } from '../demo/api.js';
import type { Accounts } from './accounting.js';
import type { EventMaker } from './agents.js';
import { Device, enrol } from './device.js';
import { persistently, tagApp, type World } from './world.js';

/** As `proto/events/telemetry.proto` declares it. */
const TELEMETRY_PARTITIONS = 8;
const MAX_ENROLMENTS = 200;
const ANSWER_TIMEOUT_MS = 2_000;
const LOOK_EVERY_MS = 25;

/** Asks whether the product does its work, from end to end, and measures how long it takes until it does. */
export class Probes {
  private readonly sent = new Map<string, number>();
  private isSignalBlocked = false;
  private readonly api: Api;

  private constructor(
    private readonly world: World,
    private readonly accounts: Accounts,
    private readonly maker: EventMaker,
    /** One for each partition of the topic that batches go through. */
    readonly devices: readonly Device[],
  ) {
    this.api = new Api(world.target.url, world.target.adminToken, ANSWER_TIMEOUT_MS);
  }

  static async make(world: World, accounts: Accounts, maker: EventMaker): Promise<Probes> {
    return new Probes(world, accounts, maker, await deviceOfEachPartition(world, 'probe'));
  }

  /** Whether the app that only probes decide about is unsanctioned now. */
  get signalBlocked(): boolean {
    return this.isSignalBlocked;
  }

  /**
   * Sends a new batch through every partition.
   *
   * @returns after how many milliseconds all were accepted and their effect could be read
   */
  async batches(): Promise<number> {
    const startedAt = performance.now();
    const goals = new Map<string, number>();
    for (const { id } of this.devices) {
      goals.set(id, (this.sent.get(id) ?? 0) + 1);
      this.sent.set(id, goals.get(id)!);
    }
    const sending = Promise.all(
      this.devices.map(async (device) => {
        const events = [this.maker.of(this.world.probe)];
        this.accounts.acknowledge(await device.send(events, ANSWER_TIMEOUT_MS));
      }),
    );
    await Promise.all([sending, this.untilCounted(goals)]);
    return performance.now() - startedAt;
  }

  /**
   * Changes a decision.
   *
   * @returns after how many milliseconds the published block list said so
   */
  async list(): Promise<number> {
    const startedAt = performance.now();
    const { signal } = this.world;
    const blocked = !this.isSignalBlocked;
    await persistently(() => tagApp(this.api, signal.id, blocked ? 'UNSANCTIONED' : null));
    this.isSignalBlocked = blocked;
    for (;;) {
      const rules = await this.api
        .query<{ list: { edges: { node: { value: string } }[] } }>(
          '{ list: blocklistRules(first: 100) { edges { node { value } } } }',
        )
        .catch(() => undefined);
      if (rules && rules.list.edges.some(({ node }) => node.value === signal.domain) === blocked)
        return performance.now() - startedAt;
      await sleep(LOOK_EVERY_MS * 2);
    }
  }

  private async untilCounted(goals: ReadonlyMap<string, number>): Promise<void> {
    for (;;) {
      const counted = await transactionsByDevice(this.api, this.world.probe.id).catch(() => undefined);
      if (counted && [...goals].every(([id, goal]) => (counted.get(id) ?? 0) >= goal)) return;
      await sleep(LOOK_EVERY_MS);
    }
  }
}

/** Devices whose batches together go through every partition of their topic. */
export async function deviceOfEachPartition({ target, tenant, complaints }: World, name: string): Promise<Device[]> {
  const byPartition = new Map<number, Device>();
  for (let index = 0; byPartition.size < TELEMETRY_PARTITIONS && index < MAX_ENROLMENTS; index++) {
    const enrolment = await enrol(target.url, target.enrolmentSecret, `${name}-${index}`);
    const partition = partitionOf(tenant, enrolment.deviceId, TELEMETRY_PARTITIONS);
    if (byPartition.has(partition)) continue;
    byPartition.set(partition, new Device(target.url, enrolment, `${name}-${partition}`, complaints));
  }
  return [...byPartition.values()];
}

/** How many transactions of an app each device has. */
export async function transactionsByDevice(api: Api, appId: string): Promise<Map<string, number>> {
  const { app } = await api.query<{
    app: { usage: { topDevices: { entity: string; transactions: number }[] } | null } | null;
  }>('query($id: ID!) { app(id: $id) { usage(days: 180, top: 100) { topDevices { entity transactions } } } }', {
    id: appId,
  });
  return new Map((app?.usage?.topDevices ?? []).map(({ entity, transactions }) => [entity, transactions]));
}
