import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually, requires, runNode, Stack, type Part } from '#testkit';
import { DeviceLoad } from '../../../scripts/bench/device-load.js';
import { Api } from '../../../scripts/demo/api.js';
import type { DemoResult } from '../../../scripts/demo/report.js';
import { secondOrganisation } from './second-organisation.js';

const FLUSH_EVERY_MS = 50;
const PATIENCE = { timeoutMs: 60_000 };
const DEMO = ['dist/scripts/demo.js', '--once', '--json'];

/** Kafka for events, Redis for jobs and wake-ups, each service a process of its own, telemetry two. */
requires({ stack: true })('the distributed profile', () => {
  let stack: Stack;
  let story: Figures;
  beforeAll(async () => {
    // What the demo plays against when it starts the product itself.
    stack = await Stack.start({ catalog: 'whole' });
  });
  afterAll(async () => {
    await (stack as Stack | undefined)?.stop();
  });

  const play = async (token: string, enrolmentSecret: string): Promise<Figures> => {
    const where = ['--url', stack.url, '--token', token, '--enrolment-secret', enrolmentSecret];
    return figuresOf(await runNode([...DEMO, ...where], {}));
  };

  it('tells the same story as one process on Postgres alone', async () => {
    stack.logs();
    story = await play(stack.adminToken, stack.enrolmentSecret);
    expect(stack.logs()).toBe('');
    expect(story).toMatchObject({ agents: 20, agentsApplied: 20 });
    expect(story.discoveredApps).toBeGreaterThanOrEqual(60);
    expect(story.genAiApps).toBeGreaterThanOrEqual(20);
    expect(story.unsanctionedApps).toBeGreaterThanOrEqual(8);
    expect(story.blockedDomains).toBeGreaterThanOrEqual(8);
    expect(story.blockedAttempts).toBeGreaterThanOrEqual(1);
    expect(story.alerts).toBeGreaterThanOrEqual(1);
    expect(story.incidents).toBeGreaterThanOrEqual(1);
    expect(figuresOf(await runNode(DEMO, {}))).toEqual(story);
  });

  it('tells it again while Redis forgets everything, over and over', async () => {
    const token = await secondOrganisation((sql) => stack.execute(sql), 'forgetful');
    const secret = await enrolmentSecret(new Api(stack.url, token));
    let flushes = 0;
    let over = false;
    const forgetting = (async (): Promise<void> => {
      for (; !over; flushes++) {
        await stack.flushRedis();
        await new Promise((resolve) => setTimeout(resolve, FLUSH_EVERY_MS));
      }
    })();
    try {
      expect(await play(token, secret)).toEqual(story);
    } finally {
      over = true;
      await forgetting;
    }
    expect(flushes).toBeGreaterThan(20);
  });

  it('loses and repeats nothing when a telemetry process is killed under load, and gives work to one that joins', async () => {
    const token = await secondOrganisation((sql) => stack.execute(sql), 'busy');
    const load = await DeviceLoad.enrol({
      url: stack.url,
      adminToken: token,
      enrolmentSecret: await enrolmentSecret(new Api(stack.url, token)),
      devices: 8,
      eventsPerBatch: 50,
    });
    load.start();
    let atTheKill: number;
    try {
      await eventually(async () => expect(await load.counted()).toBeGreaterThan(0), PATIENCE);
      await stack.part('telemetry-1').kill();
      atTheKill = await load.counted();
      const third = await stack.addProcess('telemetry-3', ['telemetry']);
      await eventually(async () => expect(await handled(third)).toBeGreaterThan(0), PATIENCE);
    } finally {
      await load.stop();
    }
    await load.drained(PATIENCE.timeoutMs);
    expect(load.acknowledged).toBeGreaterThan(atTheKill);
    expect(await handled(stack.part('telemetry-2'))).toBeGreaterThan(0);
  });
});

type Figures = Omit<DemoResult, 'policyToAppliedMs' | 'catalogUpdate' | 'elapsedMs' | 'rssBytes'>;

/** What the story is about, without how long it took and without updates, for which the stack has no folder. */
function figuresOf({ code, output }: { code: number; output: string }): Figures {
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/^\{.*\}\n$/) });
  const {
    policyToAppliedMs: _applied,
    catalogUpdate: _update,
    elapsedMs: _elapsed,
    rssBytes: _rss,
    ...figures
  } = JSON.parse(output) as DemoResult;
  return figures;
}

async function enrolmentSecret(api: Api): Promise<string> {
  const { createEnrolmentSecret } = await api.query<{ createEnrolmentSecret: { secret: string } }>(
    'mutation { createEnrolmentSecret(input: {}) { ... on CreateEnrolmentSecretSuccess { secret } } }',
  );
  return createEnrolmentSecret.secret;
}

/** How many records of usage this process has rolled up. */
async function handled({ address }: Part): Promise<number> {
  const metrics = await (await fetch(`http://${address}/metrics`)).text();
  const values = [...metrics.matchAll(/^gnomon_event_log_handled_total\{group="telemetry",[^}]*\} (\d+)$/gm)];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
