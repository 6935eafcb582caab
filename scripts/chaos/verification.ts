import { setTimeout as sleep } from 'node:timers/promises';
import { readTopic } from '../../libs/testkit/src/audit/kafka-audit.js';
import { PostgresAudit } from '../../libs/testkit/src/audit/postgres-audit.js';
import type { DeviceSimulator } from '../../libs/testkit/src/simulator/index.js';
import { note, type Accounts } from './accounting.js';
import { checkAlerts } from './stored-alerts.js';
import { checkLists } from './stored-lists.js';
import { checkLog } from './stored-log.js';
import { readUsage, since } from './stored-usage.js';
import type { Baseline } from './warm-up.js';
import type { TagName, World } from './world.js';

/** What was acknowledged. */
export interface Claims {
  readonly accounts: Accounts;
  readonly baseline: Baseline;
  readonly tags: ReadonlyMap<string, TagName>;
  /** Devices that enforce the lists they get. */
  readonly enforcing: readonly DeviceSimulator[];
}

/** What is not as it was acknowledged. All numbers but `alerts`, `incidents` and `sentTwice` must be 0. */
export interface Findings {
  readonly lost: number;
  readonly duplicated: number;
  readonly wrongSums: number;
  readonly misordered: number;
  readonly listMismatches: number;
  readonly tagMismatches: number;
  readonly alerts: number;
  readonly incidents: number;
  readonly alertsWithoutIncident: number;
  readonly miscountedAttempts: number;
  /** Records that are still in an outbox. */
  readonly unshipped: number;
  /** Records that were put aside because they kept failing. */
  readonly parked: number;
  /** Batches that the log holds more than once and that were counted once. */
  readonly sentTwice: number;
  readonly details: readonly string[];
}

const MUST_BE_ZERO = [
  'lost',
  'duplicated',
  'wrongSums',
  'misordered',
  'listMismatches',
  'tagMismatches',
  'alertsWithoutIncident',
  'miscountedAttempts',
  'unshipped',
  'parked',
] as const satisfies readonly (keyof Findings)[];
const PAUSE_MS = 1_000;

export function isClean(findings: Findings): boolean {
  return MUST_BE_ZERO.every((name) => findings[name] === 0);
}

/** Compares until everything is as it was acknowledged, or until it has not become so for `patienceMs`. */
export async function verify(world: World, claims: Claims, patienceMs: number): Promise<Findings> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const stored = await compareStored(world, claims).catch((error: Error) => error);
    const isLate = Date.now() > deadline;
    if (!(stored instanceof Error) && (isLate || isClean(stored))) return withLog(world, claims, stored);
    if (stored instanceof Error && isLate) throw stored;
    await sleep(PAUSE_MS);
  }
}

async function compareStored(world: World, claims: Claims): Promise<Findings> {
  const { accounts, baseline } = claims;
  const inDatabase = await compareDatabase(world, accounts);
  const usage = accounts.compare(since(baseline.usage, await readUsage(world)));
  const lists = await checkLists(world, claims.tags, claims.enforcing);
  const alerts = await checkAlerts(world, accounts.blockedAttempts, baseline.blockedAttempts);
  return {
    lost: usage.lost + inDatabase.lost,
    duplicated: usage.duplicated,
    wrongSums: usage.wrongSums,
    misordered: 0,
    listMismatches: lists.listMismatches,
    tagMismatches: lists.tagMismatches,
    alerts: alerts.alerts,
    incidents: alerts.incidents,
    alertsWithoutIncident: alerts.alertsWithoutIncident,
    miscountedAttempts: alerts.miscountedAttempts,
    unshipped: inDatabase.unshipped,
    parked: inDatabase.parked,
    sentTwice: 0,
    details: [...usage.details, ...lists.details, ...alerts.details, ...inDatabase.details],
  };
}

interface InDatabase {
  readonly lost: number;
  readonly unshipped: number;
  readonly parked: number;
  readonly details: string[];
}

async function compareDatabase({ target }: World, accounts: Accounts): Promise<InDatabase> {
  const details: string[] = [];
  if (!target.databaseUrl) return { lost: 0, unshipped: 0, parked: 0, details };
  const audit = await PostgresAudit.open(target.databaseUrl);
  try {
    const unshipped = target.brokers ? await audit.unshipped() : [];
    const parked = await audit.parked();
    for (const lane of unshipped) note(details, `outbox: ${JSON.stringify(lane)}`);
    for (const record of parked) note(details, `parked: ${JSON.stringify(record)}`);
    const counted = await audit.countedSequences();
    let lost = 0;
    for (const [device, seals] of accounts.batches) {
      if (counted.get(device) === `{[1,${seals.length + 1})}`) continue;
      lost += 1;
      note(details, `of ${device} ${seals.length} batches were acknowledged; counted: ${counted.get(device)}`);
    }
    const records = unshipped.reduce((sum, lane) => sum + lane.records, 0);
    return { lost, unshipped: records, parked: parked.length, details };
  } finally {
    await audit.close();
  }
}

async function withLog({ target }: World, { accounts }: Claims, findings: Findings): Promise<Findings> {
  const { brokers, topicPrefix = '' } = target;
  if (!brokers) return findings;
  const log = await checkLog(
    (topic, onRecord) => readTopic(brokers, `${topicPrefix}${topic}`, onRecord),
    accounts.batches,
  );
  return {
    ...findings,
    lost: findings.lost + log.lost,
    duplicated: findings.duplicated + log.strange,
    misordered: log.misordered,
    sentTwice: log.sentTwice,
    details: [...findings.details, ...log.details],
  };
}
