import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, runNode, Stack, type Service } from '#testkit';
import { Api } from '../../../scripts/demo/api.js';

/** Six processes on Postgres alone: telemetry and policy twice, in different company. */
const PROCESSES: Readonly<Record<string, readonly Service[]>> = {
  gateway: ['gateway'],
  catalog: ['catalog'],
  telemetry: ['telemetry'],
  'telemetry-policy': ['telemetry', 'policy'],
  'policy-correlator': ['policy', 'correlator'],
  blocklist: ['blocklist'],
};

describe('the services in six processes', () => {
  let stack: Stack;
  let url: string;
  let adminToken: string;
  let enrolmentSecret: string;
  beforeAll(async () => {
    stack = await Stack.prepare({ processes: PROCESSES, eventLog: 'postgres', redis: false });
  });
  afterAll(async () => {
    await (stack as Stack | undefined)?.stop();
  });

  it('stops at once, and says why, where a setting is missing or the tables are', async () => {
    const all = stack.environment();
    const without = (name: string): Record<string, string> => ({ ...all, GNOMON_MIGRATE: 'true', [name]: '' });
    const [key, database, address, tables] = await Promise.all([
      runNode(['dist/services/policy/src/main.js'], without('GNOMON_SERVICE_KEY')),
      runNode(['dist/services/standalone/src/main.js'], {
        ...without('GNOMON_DATABASE_URL'),
        GNOMON_SERVICES: 'policy,correlator',
      }),
      runNode(['dist/services/policy/src/main.js'], without('GNOMON_RPC_TELEMETRY_URL')),
      runNode(['dist/services/catalog/src/main.js'], all),
    ]);
    expect(key).toEqual({ code: 1, output: expect.stringContaining('GNOMON_SERVICE_KEY is not set') });
    expect(database).toEqual({ code: 1, output: expect.stringContaining('GNOMON_DATABASE_URL is not set') });
    expect(address).toEqual({ code: 1, output: expect.stringContaining('GNOMON_RPC_TELEMETRY_URL is not set') });
    expect(tables).toEqual({ code: 1, output: expect.stringContaining('run "npm run migrate"') });
  });

  it('migrates with a command that may run twice, and twice at the same time', async () => {
    const waiting = runNode(['dist/services/standalone/src/await-migrations.js'], {
      ...stack.environment(),
      GNOMON_SERVICES: 'policy',
    });
    const runs = await Promise.all(
      [1, 2].map(() => runNode(['dist/services/standalone/src/migrate.js'], stack.environment())),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0]);
    expect(await waiting).toEqual({ code: 0, output: expect.stringContaining('policy are up to date') });
    const again = await runNode(['dist/services/standalone/src/migrate.js'], stack.environment());
    expect(again).toMatchObject({ code: 0 });
    expect(again.output.trim().split('\n')).toEqual(
      ['gateway', 'catalog', 'telemetry', 'policy', 'blocklist', 'correlator', 'jobs'].map(
        (name) => `${name}: up to date`,
      ),
    );
  });

  it('starts in any order, is ready when all can reach each other, and hands out its first secrets once', async () => {
    // The gateway comes first and finds nobody: it waits.
    const gateway = stack.part('gateway');
    await gateway.start();
    const early = await fetch(`http://${gateway.address}/readyz`);
    expect(early.status).toBe(503);
    expect(await early.json()).toMatchObject({
      checks: { 'rpc:catalog': { ready: false, reason: expect.stringMatching(/Catalog\w*Service is not available/) } },
    });
    const others = ['telemetry', 'telemetry-policy', 'blocklist', 'policy-correlator', 'catalog'];
    await Promise.all(others.map((name) => stack.part(name).start()));
    await stack.ready();
    url = await stack.openIngress();
    const { code, output } = await runNode(['dist/services/standalone/src/bootstrap.js'], stack.environment());
    expect(code).toBe(0);
    adminToken = /admin token\s+(\S+)/.exec(output)![1]!;
    enrolmentSecret = /enrolment secret\s+(\S+)/.exec(output)![1]!;
    const again = await runNode(['dist/services/standalone/src/bootstrap.js'], stack.environment());
    expect(again).toMatchObject({ code: 0, output: 'There is an organisation already.\n' });
  });

  it('tells the same story as one process', async () => {
    stack.logs();
    const demo = ['dist/scripts/demo.js', '--once', '--json', '--url', url, '--token', adminToken];
    const { code, output } = await runNode([...demo, '--enrolment-secret', enrolmentSecret], {});
    expect({ code, output, logs: stack.logs() }).toEqual({
      code: 0,
      output: expect.stringMatching(/^\{.*\}\n$/),
      logs: '',
    });
    const result = JSON.parse(output) as Record<string, unknown>;
    expect(result).toMatchObject({ agents: 20, agentsApplied: 20 });
    expect(result['discoveredApps']).toBeGreaterThanOrEqual(60);
    expect(result['genAiApps']).toBeGreaterThanOrEqual(20);
    expect(result['unsanctionedApps']).toBeGreaterThanOrEqual(8);
    expect(result['blockedDomains']).toBeGreaterThanOrEqual(8);
    expect(result['blockedAttempts']).toBeGreaterThanOrEqual(1);
    expect(result['alerts']).toBeGreaterThanOrEqual(1);
    expect(result['incidents']).toBeGreaterThanOrEqual(1);
  });

  it('goes on when one of the two telemetry processes is killed', async () => {
    const api = new Api(url, adminToken);
    const usage = async (): Promise<number> => (await api.all<{ appId: string }>('discoveredApps', 'appId')).length;
    const before = await usage();
    await stack.part('telemetry').kill();
    for (let round = 0; round < 10; round++) expect(await usage()).toBe(before);
    const upload = await api.uploadLog(
      'after.log',
      `${(Date.now() / 1000).toFixed(3)} 10 10.9.0.1 TCP_TUNNEL/200 0 CONNECT after-the-kill.example.net:443 - HIER_DIRECT/198.51.100.7 -\n`,
    );
    expect(upload.accepted).toBe(1);
    await eventually(
      async () => {
        const hosts = await api.all<{ host: string }>('unclaimedHosts', 'host');
        expect(hosts.map(({ host }) => host)).toContain('after-the-kill.example.net');
      },
      { timeoutMs: 60_000 },
    );
  });

  it('says which service cannot be reached, and drains when it is told to stop', async () => {
    const gateway = stack.part('gateway');
    await stack.part('catalog').stop();
    await eventually(
      async () => {
        const answer = await fetch(`http://${gateway.address}/readyz`);
        expect(answer.status).toBe(503);
        expect(await answer.json()).toMatchObject({ checks: { 'rpc:catalog': { ready: false } } });
      },
      { timeoutMs: 30_000 },
    );
    const ends = await stack.stop();
    expect(ends.filter(({ code }) => code !== 0).map(({ name }) => name)).toEqual(['telemetry']);
  });
});
