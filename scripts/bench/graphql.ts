import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Database, dataSourceOf, urlOfRunning } from '#database';
import { startProduct } from '../../libs/testkit/src/product.js';
import { Api } from '../demo/api.js';
import { catalogFileOf } from './graphql-catalog.js';
import { SEARCHES, type Sample, type Search } from './graphql-searches.js';
import { treeCpuSeconds } from './process-cpu.js';

const APPS = 20_000;
const REQUESTS = 40;
const WARM_UP = 5;

/** Milliseconds by the wall clock, of a request over HTTP and of a bare statement for the same rows beside it. */
interface Measured {
  readonly p50: number;
  readonly p95: number;
  readonly floorP50: number;
  readonly floorP95: number;
  /** How much of the p95 the bare statement takes. */
  readonly floorShareOfP95: number;
}

/**
 * Searches of a catalog of 20,000 apps through the real server, one after the other, beside bare statements that read the
 * same rows from the same database: each request has its statement right after it.
 */
export async function run(): Promise<{
  name: string;
  unit: string;
  apps: number;
  firstLoad: { seconds: number; cpuSeconds: number };
  searches: (Measured & { readonly search: string })[];
  median: Measured;
}> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-bench-'));
  const startedAt = performance.now();
  const product = await startProduct({
    directory,
    environment: { GNOMON_CATALOG_FILE: catalogFileOf(APPS, directory) },
  });
  const firstLoad = {
    seconds: Number(((performance.now() - startedAt) / 1e3).toFixed(1)),
    cpuSeconds: Number(treeCpuSeconds(product.process.pid!).toFixed(1)),
  };
  const url = urlOfRunning(path.join(directory, 'postgres'), 'gnomon')!;
  const source = dataSourceOf({ url, schema: 'catalog', migrations: [], poolSize: 1, statementTimeoutMs: 60_000 });
  try {
    await source.initialize();
    const database = new Database('catalog', source);
    const api = new Api(product.url, product.adminToken);
    const { apps } = await api.query<{ apps: { totalCount: number } }>('{ apps(first: 1) { totalCount } }');
    if (apps.totalCount < APPS) throw new Error(`Only ${apps.totalCount} apps are there.`);
    // What autovacuum does within a minute: statistics, and which pages are visible to all.
    await database.query('VACUUM ANALYZE');
    const sample = await sampleOf(database);
    const times: { ours: number[]; floor: number[] }[] = [];
    const searches: (Measured & { search: string })[] = [];
    for (const search of SEARCHES) {
      const taken = await measure(search, api, database, sample);
      times.push(taken);
      searches.push({ search: search.name, ...summary(taken) });
      process.stderr.write(`${search.name}: p95 ${searches.at(-1)!.p95} ms, floor ${searches.at(-1)!.floorP95} ms\n`);
    }
    const all = { ours: times.flatMap(({ ours }) => ours), floor: times.flatMap(({ floor }) => floor) };
    return { name: 'graphql', unit: 'milliseconds', apps: apps.totalCount, firstLoad, searches, median: summary(all) };
  } finally {
    if (source.isInitialized) await source.destroy();
    await product.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measure(search: Search, api: Api, database: Database, sample: Sample) {
  const taken = { ours: [] as number[], floor: [] as number[] };
  for (let at = -WARM_UP; at < REQUESTS; at += 1) {
    const variables = search.variables(at + WARM_UP, sample);
    const parameters = search.parameters(variables);
    const ours = await timed(() => api.query(search.document, variables));
    const floor = await timed(() => database.query(search.sql, parameters));
    if (at < 0) continue;
    taken.ours.push(ours);
    taken.floor.push(floor);
  }
  return taken;
}

async function sampleOf(database: Database): Promise<Sample> {
  const rows = await database.query<{ name: string; value: string }>(
    `SELECT a.name, r.value FROM app a JOIN match_rule r USING (tenant_id, app_id)
     WHERE r.kind = 1 AND length(a.name) > 5 ORDER BY a.app_id LIMIT 2000`,
  );
  return { names: rows.map(({ name }) => name), domains: rows.map(({ value }) => value) };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function summary({ ours, floor }: { ours: readonly number[]; floor: readonly number[] }): Measured {
  const [p95, floorP95] = [percentile(ours, 0.95), percentile(floor, 0.95)];
  const share = Number((floorP95 / p95).toFixed(2));
  return { p50: percentile(ours, 0.5), p95, floorP50: percentile(floor, 0.5), floorP95, floorShareOfP95: share };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.toFixed(1));
}
