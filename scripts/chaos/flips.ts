import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../demo/random.js';
import { persistently, setPolicyEnabled, tagApp, type TagName, type World } from './world.js';

const TAGS: readonly (TagName | null)[] = ['SANCTIONED', 'UNSANCTIONED', 'MONITORED', null];
const STRENGTH: Readonly<Record<TagName, number>> = { UNSANCTIONED: 3, MONITORED: 2, SANCTIONED: 1 };

/** Decides about apps, by hand and by policies, one change after the other, and knows what holds in the end. */
export class Flips {
  /** What was last acknowledged. */
  private readonly byHand = new Map<string, TagName>();
  private readonly enabled = new Set<string>();
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  acknowledged = 0;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly everyMs: number,
  ) {}

  start(): void {
    this.running = this.run();
  }

  /** Ends with the change that is under way, once that is acknowledged. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** What the tag of each app must be, from the decisions that were acknowledged; an app without one is left out. */
  expectedTags(): Map<string, TagName> {
    const tags = new Map<string, TagName>([[this.world.banned.id, 'UNSANCTIONED']]);
    const enabled = this.world.policies.filter(({ id }) => this.enabled.has(id));
    for (const { id } of this.world.pairs.flatMap(({ parent, child }) => [parent, child])) {
      const asked = enabled.filter(({ appIds }) => appIds.includes(id)).map(({ action }) => action);
      const tag = this.byHand.get(id) ?? asked.sort((a, b) => STRENGTH[b] - STRENGTH[a])[0];
      if (tag) tags.set(id, tag);
    }
    return tags;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.flip();
      this.acknowledged += 1;
      await sleep(this.everyMs * (0.5 + this.random.next()), undefined, { signal: this.stopping.signal }).catch(
        () => undefined,
      );
    }
  }

  private async flip(): Promise<void> {
    const { api, pairs, policies } = this.world;
    if (this.random.next() < 0.25) {
      const { id } = this.random.pick(policies);
      const enabled = !this.enabled.has(id);
      await persistently(() => setPolicyEnabled(api, id, enabled));
      if (enabled) this.enabled.add(id);
      else this.enabled.delete(id);
      return;
    }
    const { parent, child } = this.random.pick(pairs);
    const { id } = this.random.next() < 0.5 ? parent : child;
    const tag = this.random.pick(TAGS);
    await persistently(() => tagApp(api, id, tag));
    if (tag) this.byHand.set(id, tag);
    else this.byHand.delete(id);
  }
}
