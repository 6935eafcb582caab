import type { DeviceSimulator } from '../../libs/testkit/src/simulator/index.js';
import { note } from './accounting.js';
import { GROUPS, type AppPair, type TagName, type World } from './world.js';

type Effect = 'allowed' | 'warned' | 'blocked';

interface Rule {
  readonly kind: 'DOMAIN' | 'HOST' | 'SUFFIX';
  readonly value: string;
  readonly action: 'BLOCK' | 'WARN';
}

export interface ListFindings {
  /** Hosts that a published list, or a device that enforces it, treats otherwise than the tags say; and strange rules. */
  readonly listMismatches: number;
  /** Decisions that are not what was last acknowledged. */
  readonly tagMismatches: number;
  readonly details: string[];
}

const EFFECTS: Readonly<Record<TagName, Effect>> = {
  UNSANCTIONED: 'blocked',
  MONITORED: 'warned',
  SANCTIONED: 'allowed',
};
const STRENGTH: Readonly<Record<Effect, number>> = { allowed: 0, warned: 1, blocked: 2 };

/** Compares the tags with the decisions, and each list and each device with the tags. */
export async function checkLists(
  world: World,
  expectedTags: ReadonlyMap<string, TagName>,
  devices: readonly DeviceSimulator[],
): Promise<ListFindings> {
  const details: string[] = [];
  const nodes = await world.api.all<{ appId: string; tag: TagName | null }>('appTags', 'appId tag');
  const tags = new Map(nodes.flatMap(({ appId, tag }) => (tag ? [[appId, tag] as const] : [])));
  let tagMismatches = 0;
  for (const appId of new Set([...tags.keys(), ...expectedTags.keys()])) {
    if (tags.get(appId) === expectedTags.get(appId)) continue;
    tagMismatches += 1;
    note(details, `${appId} was decided to be ${expectedTags.get(appId)} and is ${tags.get(appId)}`);
  }
  const effects = expectedEffects(world, tags);
  let listMismatches = 0;
  for (const group of GROUPS) {
    const rules = await world.api.all<Rule>('blocklistRules', 'kind value action', `group: "${group}",`);
    const strange = rules.filter(({ value }) => !effects.has(value));
    const wrong = [...effects].filter(([host, effect]) => effectOf(rules, host) !== effect);
    listMismatches += strange.length + wrong.length;
    for (const { value } of strange)
      note(details, `list of "${group}": a rule for ${value}, which nobody decided about`);
    for (const [host, effect] of wrong)
      note(details, `list of "${group}": ${host} is ${effectOf(rules, host)}, should be ${effect}`);
  }
  for (const device of devices) {
    const wrong = [...effects].filter(([host, effect]) => device.outcomeOf(host) !== effect);
    listMismatches += wrong.length;
    for (const [host, effect] of wrong)
      note(details, `device ${device.name}: ${host} is ${device.outcomeOf(host)}, should be ${effect}`);
  }
  return { listMismatches, tagMismatches, details };
}

/** What must happen to every host of the world, from the tags alone. */
function expectedEffects(
  { pairs, banned, probe, signal, busy }: World,
  tags: ReadonlyMap<string, TagName>,
): Map<string, Effect> {
  const effects = new Map<string, Effect>();
  const add = (domain: string, effect: Effect): void => {
    effects.set(domain, effect);
    effects.set(`deep.below.${domain}`, effect);
  };
  for (const app of [...busy, banned, probe, signal]) add(app.domain, effectOfTag(tags.get(app.id)));
  for (const pair of pairs) {
    const [parent, child] = effectsOfPair(pair, tags);
    add(pair.parent.domain, parent);
    add(pair.child.domain, child);
  }
  return effects;
}

/** A rule for the parent reaches the child's hosts: the stronger of both holds there, and none where one is sanctioned. */
function effectsOfPair({ parent, child }: AppPair, tags: ReadonlyMap<string, TagName>): [Effect, Effect] {
  const isSharedWithSanctioned = tags.get(child.id) === 'SANCTIONED';
  const above = isSharedWithSanctioned ? 'allowed' : effectOfTag(tags.get(parent.id));
  const below = effectOfTag(tags.get(child.id));
  return [above, STRENGTH[above] > STRENGTH[below] ? above : below];
}

function effectOfTag(tag: TagName | undefined): Effect {
  return tag ? EFFECTS[tag] : 'allowed';
}

function effectOf(rules: readonly Rule[], host: string): Effect {
  let effect: Effect = 'allowed';
  for (const { kind, value, action } of rules) {
    const isHost = host === value && kind !== 'SUFFIX';
    const isBelow = host.endsWith(`.${value}`) && kind !== 'HOST';
    const asked: Effect = action === 'BLOCK' ? 'blocked' : 'warned';
    if ((isHost || isBelow) && STRENGTH[asked] > STRENGTH[effect]) effect = asked;
  }
  return effect;
}
