import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { create, toBinary } from '@bufbuild/protobuf';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { PolicyChangedSchema } from '#contracts';
import { Database, dataSourceOf, migrate } from '#database';
import {
  EVENT_LOG_MIGRATIONS,
  EventLogSettings,
  ParkingStore,
  PostgresEventLog,
  Signals,
  TopicCatalog,
} from '#event-log';
import { Health, Metrics, SystemClock } from '#kernel';
import { createTestDatabase, eventually, testPostgresUrl } from '#testkit';
import { SERVICES } from '../../../services/standalone/src/standalone.config.js';

const GROUP = 'policy-index';

let url: string;
let databases: Map<string, Database>;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  url = testPostgresUrl(await createTestDatabase());
  databases = new Map();
  for (const schema of SERVICES) {
    const dataSource = dataSourceOf({
      schema,
      url,
      migrations: EVENT_LOG_MIGRATIONS,
      poolSize: 4,
      statementTimeoutMs: 10_000,
    });
    await dataSource.initialize();
    await migrate(dataSource, schema);
    databases.set(schema, new Database(schema, dataSource));
  }
});

afterAll(async () => {
  for (const close of closing.splice(0)) await close();
  for (const database of databases.values()) await database.close();
});

it('lists what is parked, and has a running consumer apply it again or drop it', async () => {
  for (const offset of [3n, 4n, 5n]) await park('policy', offset);
  await park('blocklist', 1n, 'block-list');
  expect(
    (await lines('list')).map(({ service, group, topic, partition, offset, error, attempts }) =>
      [service, group, [topic, partition, offset].join('/'), error, attempts].join(' '),
    ),
  ).toEqual([
    'policy policy-index policy/0/3 no such app 5',
    'policy policy-index policy/0/4 no such app 5',
    'policy policy-index policy/0/5 no such app 5',
    'blocklist block-list policy/0/1 no such app 5',
  ]);
  expect(await lines('list', '--service', 'blocklist')).toHaveLength(1);

  // Nobody is there to do it: it is asked for, and stands.
  const alone = await run('replay', 'policy/0/3', '--group', GROUP, '--wait', '0');
  expect(alone).toMatchObject({ code: 1, stderr: '' });
  expect(alone.stdout).toMatch(/0 of 1 applied[\s\S]*Nobody has done it yet[\s\S]*policy\/0\/3[\s\S]*replay by .+@/);

  const applied: string[] = [];
  consume(applied, new Set(['p4']));
  await eventually(() => expect(applied).toEqual(['p3']));
  const failing = await run('replay', '--all', '--service', 'policy', '--group', GROUP, '--json');
  expect(failing.code).toBe(1);
  expect(JSON.parse(failing.stdout)).toMatchObject({
    asked: 2,
    done: 1,
    waiting: [],
    failed: [{ topic: 'policy', partition: 0, offset: '4', key: 'p4', error: 'not yet', attempts: 6 }],
  });
  expect(applied).toEqual(['p3', 'p5']);

  const dropped = await run('drop', 'policy/0/4', '--service', 'policy', '--group', GROUP);
  expect(dropped).toEqual({ code: 0, stdout: '1 of 1 dropped.\n', stderr: '' });
  expect(await lines('list', '--service', 'policy')).toEqual([]);
  expect(await lines('list')).toHaveLength(1);
}, 60_000);

it('says what is wrong with a command line', async () => {
  const cases: [string[], number, RegExp][] = [
    [['list', '--service', 'nobody'], 1, /no service "nobody"/],
    [['replay', '--all'], 2, /--all needs --service and --group/],
    [['replay'], 2, /TOPIC\/PARTITION\/OFFSET, or --all/],
    [['drop', 'policy/0/x'], 2, /"policy\/0\/x" is not TOPIC\/PARTITION\/OFFSET/],
    [['burn', 'policy/0/1'], 2, /Say list, replay or drop/],
    [['list', '--fast'], 2, /--fast/],
  ];
  const ended = await Promise.all(cases.map(([args]) => run(...args)));
  expect(ended.map(({ code }) => code)).toEqual(cases.map(([, code]) => code));
  ended.forEach(({ stderr }, index) => expect(stderr).toMatch(cases[index]![2]));
}, 60_000);

it('says when there is no such record', async () => {
  expect(await run('drop', 'policy/0/77')).toMatchObject({ code: 1, stdout: 'No such record is parked.\n' });
}, 30_000);

async function park(service: string, offset: bigint, group = GROUP): Promise<void> {
  const database = databases.get(service)!;
  const payload = toBinary(PolicyChangedSchema, create(PolicyChangedSchema, { policyId: `p${offset}` }));
  const record = {
    topic: 'policy',
    partition: 0,
    offset,
    key: `p${offset}`,
    tenantId: 't1',
    type: 'policy.changed.v1',
  };
  const more = { id: '01890000-0000-7000-8000-000000000000', time: new Date(), correlationId: 'c', payload };
  await database.transaction((tx) =>
    new ParkingStore(database).park(tx, group, { ...record, ...more }, 'no such app', 5),
  );
}

/** Policy's consumer, in this process. */
function consume(applied: string[], refused: ReadonlySet<string>): void {
  const settings = { ...EventLogSettings.load({}), pollMs: 100 };
  const signals = new Signals(url, settings.pollMs);
  const log = new PostgresEventLog({
    database: databases.get('policy')!,
    signals,
    settings,
    catalog: TopicCatalog.ofContracts(),
    metrics: new Metrics(),
    clock: new SystemClock(),
    health: new Health(),
  });
  log.consume({
    group: GROUP,
    handlers: [
      {
        schema: PolicyChangedSchema,
        one: async (_event, { record, tx }) => {
          if (refused.has(record.key)) throw new Error('not yet');
          tx.afterCommit(() => applied.push(record.key));
        },
      },
    ],
  });
  closing.push(async () => {
    await log.close();
    await signals.close();
  });
}

async function lines(...args: string[]): Promise<Record<string, unknown>[]> {
  const { stdout, code, stderr } = await run(...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, ['--no-warnings', 'dist/scripts/parked.js', ...args], {
    env: { ...process.env, GNOMON_DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}
