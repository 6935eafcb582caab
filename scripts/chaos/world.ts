import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from '../demo/api.js';
import { Complaints, Device, enrol } from './device.js';

/** Where the product is, and the ways past it for those who trust none of its answers. */
export interface ChaosTarget {
  readonly url: string;
  readonly adminToken: string;
  readonly enrolmentSecret: string;
  /** Kafka, reached directly; undefined where the event log is elsewhere. */
  readonly brokers?: string;
  /** What the names of topics begin with. */
  readonly topicPrefix?: string;
  /** Postgres, reached directly; undefined where there is no way. */
  readonly databaseUrl?: string;
}

export type TagName = 'SANCTIONED' | 'UNSANCTIONED' | 'MONITORED';

export interface ChaosApp {
  readonly id: string;
  readonly domain: string;
}

/** Two apps, one at a name below the other's: what is decided about one bears on what the list may say of the other. */
export interface AppPair {
  readonly parent: ChaosApp;
  readonly child: ChaosApp;
}

/** A policy that decides about some of the apps, when it is enabled. */
export interface ChaosPolicy {
  readonly id: string;
  readonly action: TagName;
  readonly appIds: readonly string[];
}

/** What a run of chaos works with, made through the public API. */
export interface World {
  readonly target: ChaosTarget;
  readonly api: Api;
  readonly tenant: string;
  /** Used all the time, never decided about. */
  readonly busy: readonly ChaosApp[];
  /** Decided about again and again. */
  readonly pairs: readonly AppPair[];
  /** Unsanctioned all the time. */
  readonly banned: ChaosApp;
  /** Used by probes only. */
  readonly probe: ChaosApp;
  /** Decided about by probes only. */
  readonly signal: ChaosApp;
  readonly policies: readonly ChaosPolicy[];
  readonly devices: readonly Device[];
  readonly complaints: Complaints;
}

/** Hosts that no app claims. */
export const UNCLAIMED_HOSTS = ['wiki', 'payroll', 'printer', 'intranet'].map((name) => `${name}.chaos-nobody.example`);
export const GROUPS = ['default', 'lab'];
const BUSY_APPS = 5;
const PAIRS = 6;
const API_TIMEOUT_MS = 10_000;

export async function makeWorld(target: ChaosTarget, devices: number): Promise<World> {
  const api = new Api(target.url, target.adminToken, API_TIMEOUT_MS);
  const complaints = new Complaints();
  const secrets = [target.enrolmentSecret, await labSecret(api)];
  const fleet: Device[] = [];
  for (let index = 0; index < devices; index++) {
    const enrolment = await enrol(target.url, secrets[index % secrets.length]!, `chaos-${index}`);
    // Two devices share a user.
    fleet.push(new Device(target.url, enrolment, `user-${Math.floor(index / 2)}`, complaints));
  }
  const busy: ChaosApp[] = [];
  for (let index = 0; index < BUSY_APPS; index++) busy.push(await makeApp(api, `busy-${index}.example`));
  const pairs: AppPair[] = [];
  for (let index = 0; index < PAIRS; index++) {
    const parent = await makeApp(api, `flip-${index}.example`);
    pairs.push({ parent, child: await makeApp(api, `child.flip-${index}.example`) });
  }
  const banned = await makeApp(api, 'banned.example');
  const probe = await makeApp(api, 'probe.example');
  const signal = await makeApp(api, 'signal.example');
  await tagApp(api, banned.id, 'UNSANCTIONED');
  const policies = await makePolicies(api, pairs);
  const { tenant } = fleet[0]!.enrolment;
  return { target, api, tenant, busy, pairs, banned, probe, signal, policies, devices: fleet, complaints };
}

/** Decides about an app by hand, or takes the decision back. @throws Error unless it is done */
export async function tagApp(api: Api, appId: string, tag: TagName | null): Promise<void> {
  const change = `mutation($input: TagAppInput!) { done: tagApp(input: $input) { __typename } }`;
  await mutate(api, change, { input: { appId, tag, reason: 'chaos' } }, 'TagAppSuccess');
}

export async function setPolicyEnabled(api: Api, id: string, enabled: boolean): Promise<void> {
  const change =
    'mutation($id: ID!, $enabled: Boolean!) { done: setPolicyEnabled(id: $id, enabled: $enabled) { __typename } }';
  await mutate(api, change, { id, enabled }, 'SetPolicyEnabledSuccess');
}

/** Tries until it works; whatever fails meanwhile is what chaos is about. */
export async function persistently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted) throw error;
      await sleep(250);
    }
  }
}

async function mutate<T>(api: Api, document: string, variables: object, success: string): Promise<T> {
  const { done } = await api.query<{ done: T & { __typename: string; message?: string } }>(document, { ...variables });
  if (done.__typename !== success) throw new Error(`${document}: ${JSON.stringify(done)}`);
  return done;
}

async function labSecret(api: Api): Promise<string> {
  const change = `mutation($input: CreateEnrolmentSecretInput!) { done: createEnrolmentSecret(input: $input) {
    __typename ... on CreateEnrolmentSecretSuccess { secret } } }`;
  const input = { group: GROUPS[1] };
  return (await mutate<{ secret: string }>(api, change, { input }, 'CreateEnrolmentSecretSuccess')).secret;
}

async function makeApp(api: Api, domain: string): Promise<ChaosApp> {
  const change = `mutation($input: CreateCustomAppInput!) { done: createCustomApp(input: $input) {
    __typename ... on CreateCustomAppSuccess { app { id } } ... on UserError { message } } }`;
  // A host that is no registrable domain claims nothing below itself, unless that is said.
  const domains = domain.split('.').length > 2 ? [domain, `*.${domain}`] : [domain];
  const input = { name: `Chaos ${domain}`, category: 'CRM', domains };
  const { app } = await mutate<{ app: { id: string } }>(api, change, { input }, 'CreateCustomAppSuccess');
  return { id: app.id, domain };
}

/** One policy blocks every other app, one warns about every third: some apps are decided about by both. */
async function makePolicies(api: Api, pairs: readonly AppPair[]): Promise<ChaosPolicy[]> {
  const ids = pairs.flatMap(({ parent, child }) => [parent.id, child.id]);
  const plans: { action: TagName; appIds: string[] }[] = [
    { action: 'UNSANCTIONED', appIds: ids.filter((_, index) => index % 2 === 0) },
    { action: 'MONITORED', appIds: ids.filter((_, index) => index % 3 === 0) },
  ];
  const policies: ChaosPolicy[] = [];
  for (const { action, appIds } of plans) {
    const change = `mutation($input: PolicyInput!) { done: createPolicy(input: $input) {
      __typename ... on CreatePolicySuccess { policy { id } } ... on UserError { message } } }`;
    const input = {
      name: `Chaos ${action}`,
      filter: { appIds },
      scope: 'CATALOG',
      action,
      alert: true,
      enabled: false,
    };
    const { policy } = await mutate<{ policy: { id: string } }>(api, change, { input }, 'CreatePolicySuccess');
    policies.push({ id: policy.id, action, appIds });
  }
  return policies;
}
