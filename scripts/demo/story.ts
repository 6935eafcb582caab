import { DeviceSimulator } from '../../libs/testkit/src/simulator/index.js';
import { Api } from './api.js';
import { playCatalogUpdate, type CatalogUpdateStep, type UpdateFolder } from './catalog-update.js';
import { chooseDestinations } from './destinations.js';
import type { Product } from '../../libs/testkit/src/product.js';
import { Random } from './random.js';
import { until } from './until.js';
import { people, proxyLog, type Destination, type Person } from './traffic.js';

export interface DiscoveredApp {
  readonly appId: string;
  readonly name: string;
  readonly category: string | null;
  readonly generativeAi: boolean;
  readonly score: number | null;
  readonly users: number;
  readonly devices: number;
  readonly transactions: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly blocked: number;
  readonly tag: { readonly tag: string | null } | null;
}

export interface AppTag {
  readonly appId: string;
  readonly matchedValues: readonly string[];
  readonly app: { readonly name: string } | null;
}

export interface Incident {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly status: string;
  readonly alertCount: number;
  readonly story: readonly { readonly at: string | null; readonly text: string; readonly linkReason: string | null }[];
}

/** What was seen through the public interfaces when the story was over. */
export interface Story {
  readonly discovered: readonly DiscoveredApp[];
  readonly unsanctioned: readonly AppTag[];
  readonly blockedDomains: number;
  readonly agents: number;
  readonly agentsApplied: number;
  /** For each laptop: milliseconds from sending the policy to its confirmation of the list that follows from it. */
  readonly appliedAfterMs: readonly number[];
  readonly blockedAttempts: number;
  readonly alerts: number;
  readonly incidents: readonly Incident[];
  readonly blockPage: string;
  /** What a catalog update did, or why there was none. */
  readonly catalogUpdate: CatalogUpdateStep;
}

const LAPTOPS = 20;
const LOG_LINES = 20_000;
const VISITS_A_LAPTOP = 60;
const ATTEMPTS_OF_THE_STUBBORN = 4;
/** The policy blocks generative AI with this score and less. */
const MAX_SCORE = 6;
/** How many new incidents are printed as they arrive; all are counted in the end. */
const INCIDENTS_SHOWN = 5;

/** Plays the whole path through HTTP, GraphQL and WebSocket, saying each step as it happens. */
export async function playStory(product: Product, say: (line: string) => void, updates?: UpdateFolder): Promise<Story> {
  const api = new Api(product.url, product.adminToken);
  const who = people(LAPTOPS);
  const destinations = await chooseDestinations(api);

  say(`Uploading a week of a proxy's log (${LOG_LINES.toLocaleString('en')} lines, Squid format)`);
  const upload = await api.uploadLog('proxy-access.log', proxyLog(LOG_LINES, who, destinations, new Date()));
  say(`  ${upload.accepted} lines accepted as ${upload.format}, ${upload.skipped} skipped`);

  say(`Enrolling ${LAPTOPS} laptops; each browses and reports`);
  const laptops = await Promise.all(who.map((person) => enrol(product, person)));
  try {
    const visits = await browse(laptops, destinations);
    await until(
      'roll-ups to hold every transaction',
      async () => (await transactions(api)) >= upload.accepted + visits,
    );
    // Just started, the lists may still be taking the catalog in.
    await until('the catalog behind the list of discovered apps', async () =>
      (await discoveredApps(api)).every((app) => app.category !== null),
    );
    const seen = await discoveredApps(api);
    const ai = seen.filter((app) => app.generativeAi);
    const unscored = ai.filter((app) => app.score === null).length;
    say(
      `  ${seen.length} apps discovered, ${ai.length} of them generative AI (${unscored} unscored: too little is known)`,
    );

    const subscription = await watchIncidents(api, say);
    const { unsanctioned, appliedAfterMs, agentsApplied } = await blockRiskyAi(api, laptops, say);
    await tryAgain(laptops, unsanctioned, destinations, say);
    await until('an incident on the subscription', () => Promise.resolve(subscription.changes() > 0));
    const incidents = await settledIncidents(api);
    const discovered = await discoveredApps(api);
    const { blocklistRules } = await api.query<{ blocklistRules: { totalCount: number } }>(
      '{ blocklistRules(first: 1) { totalCount } }',
    );
    const { alerts } = await api.query<{ alerts: { totalCount: number } }>('{ alerts(first: 1) { totalCount } }');
    const update = { api, laptops, destinations, seen, maxScore: MAX_SCORE, updates, say };
    const catalogUpdate = await playCatalogUpdate(update);
    await subscription.close();
    const blockedHost = destinations.find((each) => each.appId === unsanctioned[0]?.appId)?.host ?? '';
    return {
      discovered,
      unsanctioned,
      blockedDomains: blocklistRules.totalCount,
      agents: laptops.length,
      agentsApplied,
      appliedAfterMs,
      blockedAttempts: discovered.reduce((sum, app) => sum + app.blocked, 0),
      alerts: alerts.totalCount,
      incidents,
      blockPage: `${product.url}/blocked?host=${blockedHost}`,
      catalogUpdate,
    };
  } finally {
    await Promise.all(laptops.map((laptop) => laptop.stop()));
  }
}

async function enrol(product: Product, person: Person): Promise<DeviceSimulator> {
  const laptop = await DeviceSimulator.enrol({
    url: product.url,
    secret: product.enrolmentSecret,
    name: person.device,
    os: person.os,
    user: person.user,
  });
  laptop.start();
  return laptop;
}

async function browse(laptops: readonly DeviceSimulator[], destinations: readonly Destination[]): Promise<number> {
  const random = new Random(11);
  for (const laptop of laptops) {
    for (let visit = 0; visit < VISITS_A_LAPTOP; visit++) {
      laptop.browse(random.pickPopular(destinations).host, {
        bytesUp: random.between(300, 40_000),
        bytesDown: random.between(2_000, 400_000),
      });
    }
  }
  await Promise.all(laptops.map((laptop) => laptop.flush()));
  return laptops.length * VISITS_A_LAPTOP;
}

async function watchIncidents(
  api: Api,
  say: (line: string) => void,
): Promise<{ changes(): number; close(): Promise<void> }> {
  const { incidentCursor } = await api.query<{ incidentCursor: string }>('{ incidentCursor }');
  const client = api.subscriber();
  let changes = 0;
  let created = 0;
  const unsubscribe = client.subscribe<{
    incidentChanged: { changes: string[]; incident: { title: string; alertCount: number } };
  }>(
    {
      query:
        'subscription($after: String) { incidentChanged(after: $after) { changes incident { title alertCount } } }',
      variables: { after: incidentCursor },
    },
    {
      next: ({ data }) => {
        changes++;
        if (!data) return;
        const { changes: kinds, incident } = data.incidentChanged;
        if (kinds.includes('CREATED')) {
          created++;
          if (created <= INCIDENTS_SHOWN) say(`  incident: ${incident.title}`);
          if (created === INCIDENTS_SHOWN + 1) say('  incident: … and one for each further app');
        } else if (kinds.includes('ALERT_ADDED')) {
          say(`  incident grows to ${incident.alertCount} alerts: ${incident.title}`);
        }
      },
      error: (error) => say(`  the subscription failed: ${JSON.stringify(error)}`),
      complete: () => undefined,
    },
  );
  return {
    changes: () => changes,
    close: async () => {
      unsubscribe();
      await client.dispose();
    },
  };
}

interface Blocked {
  readonly unsanctioned: AppTag[];
  readonly appliedAfterMs: number[];
  readonly agentsApplied: number;
}

async function blockRiskyAi(
  api: Api,
  laptops: readonly DeviceSimulator[],
  say: (line: string) => void,
): Promise<Blocked> {
  const applied = laptops.map(() => new Map<bigint, number>());
  laptops.forEach((laptop, index) =>
    laptop.onApplied((revision) => applied[index]!.set(BigInt(revision), performance.now())),
  );
  say(`The admin unsanctions every generative-AI app that scores ${MAX_SCORE} or less`);
  const sentAt = performance.now();
  const { createPolicy } = await api.query<{
    createPolicy: { __typename: string; message?: string; policy?: { matchingApps: number } };
  }>(
    `mutation($input: PolicyInput!) { createPolicy(input: $input) { __typename ... on CreatePolicySuccess { policy { matchingApps } } ... on UserError { message } } }`,
    {
      input: {
        name: 'Risky generative AI',
        description: `Generative AI that scores ${MAX_SCORE} or less is not for work.`,
        severity: 'MEDIUM',
        filter: { generativeAi: true, minScore: 0, maxScore: MAX_SCORE },
        action: 'UNSANCTIONED',
        alert: true,
      },
    },
  );
  if (!createPolicy.policy)
    throw new Error(`The policy was refused: ${createPolicy.message ?? createPolicy.__typename}`);
  const current = await appliedEverywhere(api, createPolicy.policy.matchingApps, laptops.length);
  const unsanctioned = await api.all<AppTag>('appTags', 'appId matchedValues app { name }', 'tags: [UNSANCTIONED],');
  const appliedAfterMs = applied.map((times) => {
    const reached = [...times].filter(([revision]) => revision >= current.revision).map(([, at]) => at);
    return Math.min(...reached) - sentAt;
  });
  say(
    `  ${unsanctioned.length} apps unsanctioned; ${current.applied} laptops confirmed the list within ${Math.round(Math.max(...appliedAfterMs))} ms`,
  );
  return { unsanctioned, appliedAfterMs, agentsApplied: current.applied };
}

/** Waits until the list stands still after every match became a tag, and every laptop has confirmed it. */
function appliedEverywhere(api: Api, apps: number, laptops: number): Promise<{ revision: bigint; applied: number }> {
  let last = 0;
  return until('every laptop to confirm the list', async () => {
    const { appTags, blocklists } = await api.query<{
      appTags: { totalCount: number };
      blocklists: { revision: number; blockRules: number; delivery: { applied: number } }[];
    }>(
      '{ appTags(tags: [UNSANCTIONED], first: 1) { totalCount } blocklists { revision blockRules delivery { applied } } }',
    );
    const list = blocklists[0];
    if (!list || list.blockRules === 0 || appTags.totalCount < apps || list.delivery.applied < laptops)
      return undefined;
    const settled = list.revision === last;
    last = list.revision;
    return settled && { revision: BigInt(list.revision), applied: list.delivery.applied };
  });
}

async function tryAgain(
  laptops: readonly DeviceSimulator[],
  unsanctioned: readonly AppTag[],
  destinations: readonly Destination[],
  say: (line: string) => void,
): Promise<void> {
  const blockedIds = new Set(unsanctioned.map((tag) => tag.appId));
  const blocked = destinations.filter((each) => blockedIds.has(each.appId));
  const [stubborn, curious] = laptops;
  for (let attempt = 0; attempt < ATTEMPTS_OF_THE_STUBBORN; attempt++) {
    const result = stubborn!.browse(blocked[0]!.host, { bytesUp: 0, bytesDown: 0 });
    if (attempt === 0) say(`${stubborn!.user} tries ${blocked[0]!.name} (${blocked[0]!.host}): ${result}`);
  }
  say(
    `${curious!.user} tries ${blocked[1]!.name} (${blocked[1]!.host}): ${curious!.browse(blocked[1]!.host, { bytesUp: 0, bytesDown: 0 })}`,
  );
  await Promise.all([stubborn!.flush(), curious!.flush()]);
}

/** The open incidents, once an alert of a blocked attempt is among them and nothing moves any more. */
async function settledIncidents(api: Api): Promise<Incident[]> {
  let last = '';
  return until('the incidents to settle', async () => {
    const { alerts } = await api.query<{ alerts: { totalCount: number } }>(
      '{ alerts(filter: { kinds: [BLOCKED_ATTEMPT] }, first: 1) { totalCount } }',
    );
    const incidents = await api.all<Incident>(
      'incidents',
      'id title severity status alertCount story { at text linkReason }',
      'filter: { statuses: [ACTIVE] },',
    );
    const now = JSON.stringify(incidents);
    const settled = alerts.totalCount > 0 && incidents.length > 0 && now === last;
    last = now;
    return settled ? incidents : undefined;
  });
}

const DISCOVERED =
  'appId name category generativeAi score users devices transactions bytesUp bytesDown blocked tag { tag }';

function discoveredApps(api: Api): Promise<DiscoveredApp[]> {
  return api.all<DiscoveredApp>('discoveredApps', DISCOVERED, 'sort: { field: TRAFFIC, direction: DESCENDING },');
}

async function transactions(api: Api): Promise<number> {
  const apps = await api.all<{ transactions: number }>('discoveredApps', 'transactions');
  const hosts = await api.all<{ transactions: number }>('unclaimedHosts', 'transactions');
  return [...apps, ...hosts].reduce((sum, each) => sum + each.transactions, 0);
}
