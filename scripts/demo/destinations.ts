import type { Api } from './api.js';
import { Random } from './random.js';
import type { Destination } from './traffic.js';

interface App {
  readonly id: string;
  readonly name: string;
  readonly generativeAi: boolean;
  readonly score: number | null;
  readonly rules: readonly { readonly kind: string; readonly value: string }[];
}

/** How many apps of each sort people use; of the unscored ones too little is known to judge them. */
const COUNTS = { aiScored: 60, aiUnscored: 20, other: 60 };

/** Apps of the catalog with a host people would type, AI and others mixed, in an order that repeats. */
export async function chooseDestinations(api: Api): Promise<Destination[]> {
  const apps = (await api.exportApps<App>()).filter((app) => app.rules.some((rule) => isHost(rule.kind)));
  const [ai, other] = [apps.filter((app) => app.generativeAi), apps.filter((app) => !app.generativeAi)];
  const chosen = [
    ...spread(ai.filter(isScored), COUNTS.aiScored).map((app) => destination(app, true)),
    ...spread(
      ai.filter((app) => !isScored(app)),
      COUNTS.aiUnscored,
    ).map((app) => destination(app, true)),
    ...spread(other.filter(isScored), COUNTS.other).map((app) => destination(app, false)),
  ];
  const random = new Random(7);
  return chosen
    .map((each) => ({ each, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ each }) => each);
}

/** So many of them, from the whole alphabet. */
function spread(apps: readonly App[], count: number): App[] {
  const stride = Math.max(1, Math.floor(apps.length / count));
  return apps.filter((_, index) => index % stride === 0).slice(0, count);
}

function destination(app: App, generativeAi: boolean): Destination {
  const host = app.rules.find((rule) => isHost(rule.kind))!.value;
  return { appId: app.id, name: app.name, generativeAi, host };
}

function isScored(app: App): boolean {
  return app.score !== null;
}

function isHost(kind: string): boolean {
  return kind === 'DOMAIN' || kind === 'HOST';
}
