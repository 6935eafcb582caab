import type { Api } from './api.js';
import { Random } from './random.js';
import type { Destination } from './traffic.js';

interface App {
  readonly id: string;
  readonly name: string;
  readonly generativeAi: boolean;
  readonly score: number | null;
  readonly rules: readonly { readonly kind: string; readonly value: string }[];
  readonly factors: readonly unknown[];
}

/**
 * How many apps of each sort people use: those of which most is known, which are the ones in widest use, and some of the
 * others; of the unscored ones too little is known to judge them.
 */
const COUNTS = { aiKnown: 40, aiScored: 20, aiUnscored: 20, otherKnown: 40, other: 20 };

/** Apps of the catalog with a host people would type, AI and others mixed, in an order that repeats. */
export async function chooseDestinations(api: Api): Promise<Destination[]> {
  const apps = (await api.exportApps<App>()).filter((app) => app.rules.some((rule) => isHost(rule.kind)));
  const [ai, other] = [apps.filter((app) => app.generativeAi), apps.filter((app) => !app.generativeAi)];
  const unscored = ai.filter((app) => app.score === null);
  const chosen = [
    ...known(ai.filter(isScored), COUNTS.aiKnown, COUNTS.aiScored),
    ...spread(unscored, COUNTS.aiUnscored),
    ...known(other.filter(isScored), COUNTS.otherKnown, COUNTS.other),
  ].map(destination);
  const random = new Random(7);
  return chosen
    .map((each) => ({ each, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ each }) => each);
}

/** Those of which most is known, and some of the rest. */
function known(apps: readonly App[], most: number, others: number): App[] {
  const sorted = apps.toSorted((a, b) => b.factors.length - a.factors.length);
  return [...sorted.slice(0, most), ...spread(sorted.slice(most), others)];
}

/** So many of them, from the whole list. */
function spread(apps: readonly App[], count: number): App[] {
  const stride = Math.max(1, Math.floor(apps.length / count));
  return apps.filter((_, index) => index % stride === 0).slice(0, count);
}

function destination({ id, name, generativeAi, rules }: App): Destination {
  return { appId: id, name, generativeAi, host: rules.find((rule) => isHost(rule.kind))!.value };
}

function isScored(app: App): boolean {
  return app.score !== null;
}

function isHost(kind: string): boolean {
  return kind === 'DOMAIN' || kind === 'HOST';
}
