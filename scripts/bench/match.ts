import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { HostIndex, type AppRule } from '#matcher';
import { projectRoot } from '../../libs/testkit/src/project-root.js';
import { Random } from '../demo/random.js';
import { hostsFor, readHosts, rulesUpTo } from './match-hosts.js';
import { LabelStrippingMap } from './match-map.js';

const RULES = 100_000;
const HOSTS = 200_000;
const HIT_SHARE = 0.7;
const HOT_HOSTS = 2_000;
const ROUNDS = 15;
const PASSES = 3;
const SEED = 20_261_122;

/** Where real host names come from unless the environment names a file or folder: those of the catalog's own tests. */
const LISTS = ['ai.txt', 'not-ai.txt'].map((name) =>
  path.join(projectRoot(), 'services', 'catalog', 'test', 'hosts', name),
);

/** What one round measured; index and map one after the other, over the same hosts. Nanoseconds a lookup. */
interface Round {
  readonly nanoseconds: number;
  /** By the CPU time of the process, which what else runs on the machine disturbs less. */
  readonly cpuNanoseconds: number;
  readonly mapNanoseconds: number;
  readonly mapCpuNanoseconds: number;
  /** How many times faster than the map. */
  readonly timesFaster: number;
  readonly cpuTimesFaster: number;
  /** Of hosts that were read from bytes a moment ago, as they arrive in a batch: nobody has hashed them before. */
  readonly freshNanoseconds: number;
  readonly mapFreshNanoseconds: number;
  readonly freshTimesFaster: number;
  /** Over 2,000 hosts that come again and again. */
  readonly hotNanoseconds: number;
  readonly mapHotNanoseconds: number;
  readonly rebuildMilliseconds: number;
  readonly rebuildCpuMilliseconds: number;
  readonly mapRebuildMilliseconds: number;
}

interface Matcher {
  match(host: string): AppRule | undefined;
}

/**
 * Lookups of hosts against 100,000 rules with wildcards, beside a `Map` that is asked for the host without its labels,
 * one after the other. GNOMON_BENCH_HOSTS names real hosts: a file or a folder of Zeek dns and ssl logs, or of lists.
 */
export async function run(): Promise<{
  name: string;
  unit: string;
  rules: number;
  hosts: { readonly looked: number; readonly distinct: number; readonly observed: number; readonly hits: number };
  rounds: Round[];
  median: Round & { readonly megabytes: number; readonly mapMegabytes: number };
}> {
  const random = new Random(SEED);
  const rules = rulesUpTo(RULES, random);
  const observed = observedHosts();
  const hosts = hostsFor(rules, observed, HOSTS, HIT_SHARE, random);
  const collect = collector();
  const [index, bytes] = held(collect, () => new HostIndex(rules));
  const [map, mapBytes] = held(collect, () => new LabelStrippingMap(rules));
  const hits = compare(index, map, hosts);
  const bytesOfHosts = hosts.map((host) => Buffer.from(host, 'latin1'));
  const few = hosts.slice(0, HOT_HOSTS);
  const hot = Array.from({ length: HOSTS }, () => random.pick(few));
  for (let warm = 0; warm < 3; warm += 1)
    for (const each of [index, map]) for (const list of [hosts, hot]) lookUp(each, list);

  const rounds = Array.from({ length: ROUNDS }, (_, round): Round => {
    collect();
    // Who comes first has the caches as the other left them: they take turns.
    const [first, second] = round % 2 === 0 ? ([index, map] as const) : ([map, index] as const);
    const times = new Map([first, second].map((matcher) => [matcher as Matcher, timedPasses(matcher, hosts)]));
    const [ours, theirs] = [times.get(index)!, times.get(map)!];
    const [ourHot, theirHot] = [index, map].map((matcher) => timedPasses(matcher, hot)) as [Time, Time];
    const [ourFresh, theirFresh] = [index, map].map((matcher) => timedFresh(matcher, bytesOfHosts)) as [Time, Time];
    const rebuild = timed(() => new HostIndex(rules));
    const mapRebuild = timed(() => new LabelStrippingMap(rules));
    const each = (milliseconds: number): number => Number(((milliseconds * 1e6) / HOSTS).toFixed(1));
    return {
      nanoseconds: each(ours.wall),
      cpuNanoseconds: each(ours.cpu),
      mapNanoseconds: each(theirs.wall),
      mapCpuNanoseconds: each(theirs.cpu),
      timesFaster: Number((theirs.wall / ours.wall).toFixed(2)),
      cpuTimesFaster: Number((theirs.cpu / ours.cpu).toFixed(2)),
      freshNanoseconds: each(ourFresh.wall),
      mapFreshNanoseconds: each(theirFresh.wall),
      freshTimesFaster: Number((theirFresh.wall / ourFresh.wall).toFixed(2)),
      hotNanoseconds: each(ourHot.wall),
      mapHotNanoseconds: each(theirHot.wall),
      rebuildMilliseconds: Number(rebuild.wall.toFixed(1)),
      rebuildCpuMilliseconds: Number(rebuild.cpu.toFixed(1)),
      mapRebuildMilliseconds: Number(mapRebuild.wall.toFixed(1)),
    };
  });
  const megabytes = (count: number): number => Number((count / 1e6).toFixed(2));
  return {
    name: 'match',
    unit: 'nanoseconds a lookup',
    rules: index.size,
    hosts: { looked: hosts.length, distinct: new Set(hosts).size, observed: observed.length, hits },
    rounds,
    median: { ...medians(rounds), megabytes: megabytes(bytes), mapMegabytes: megabytes(mapBytes) },
  };
}

function observedHosts(): string[] {
  const source = process.env['GNOMON_BENCH_HOSTS'];
  if (source) return readHosts(source);
  return LISTS.flatMap((list) => readFileSync(list, 'utf8').split('\n')).filter((line) => /^[^#]/.test(line));
}

/** Both must answer alike, or the times say nothing. Returns how many hosts an app claims. */
function compare(index: Matcher, map: Matcher, hosts: readonly string[]): number {
  let hits = 0;
  for (const host of hosts) {
    const found = index.match(host);
    if (found !== map.match(host)) throw new Error(`Index and map disagree on ${host}.`);
    if (found) hits += 1;
  }
  return hits;
}

/** Each has a loop of its own, as each would have its own callers: one for both would be compiled for neither. */
function lookUp(matcher: HostIndex | LabelStrippingMap, hosts: readonly string[]): number {
  return matcher instanceof HostIndex ? lookUpIndex(matcher, hosts) : lookUpMap(matcher, hosts);
}

function lookUpIndex(index: HostIndex, hosts: readonly string[]): number {
  let hits = 0;
  for (let at = 0; at < hosts.length; at += 1) if (index.match(hosts[at]!) !== undefined) hits += 1;
  return hits;
}

function lookUpMap(map: LabelStrippingMap, hosts: readonly string[]): number {
  let hits = 0;
  for (let at = 0; at < hosts.length; at += 1) if (map.match(hosts[at]!) !== undefined) hits += 1;
  return hits;
}

/** Milliseconds. */
interface Time {
  readonly wall: number;
  readonly cpu: number;
}

/** Of one pass over strings that were not there before. */
function timedFresh(matcher: HostIndex | LabelStrippingMap, bytes: readonly Buffer[]): Time {
  lookUp(
    matcher,
    bytes.map((each) => each.toString('latin1')),
  );
  const hosts = bytes.map((each) => each.toString('latin1'));
  return timed(() => lookUp(matcher, hosts));
}

/** Of one pass, after one that brings what it reads into the caches of the processor. */
function timedPasses(matcher: HostIndex | LabelStrippingMap, hosts: readonly string[]): Time {
  lookUp(matcher, hosts);
  const { wall, cpu } = timed(() => {
    for (let pass = 0; pass < PASSES; pass += 1) lookUp(matcher, hosts);
  });
  return { wall: wall / PASSES, cpu: cpu / PASSES };
}

function timed(work: () => unknown): Time {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  work();
  const wall = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1e3 };
}

/** What is made, and by how many bytes the process then holds more: on the heap and in arrays. */
function held<T>(collect: () => void, make: () => T): [T, number] {
  // Made once before, so that compiled code and the like are not counted.
  make();
  collect();
  const before = process.memoryUsage();
  const made = make();
  collect();
  const after = process.memoryUsage();
  return [made, after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers];
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // Memory of arrays is given back by the collection after the one that finds it unused.
  return () => [1, 2, 3].forEach(() => collect());
}

function medians(rounds: readonly Round[]): Round {
  const fields = Object.keys(rounds[0]!) as (keyof Round)[];
  const middle = (field: keyof Round): number =>
    rounds.map((round) => round[field]).sort((a, b) => a - b)[Math.floor(rounds.length / 2)]!;
  return Object.fromEntries(fields.map((field) => [field, middle(field)])) as unknown as Round;
}
