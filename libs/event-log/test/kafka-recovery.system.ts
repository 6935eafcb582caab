import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { freePort, TcpProxy, eventually, requires, startKafka, type TestKafka } from '#testkit';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, effectHandler } from './conformance/effects.js';
import { readAll, upTo } from './conformance/reading.js';
import { CountedAppended, counted } from './conformance/test-events.js';
import { WorkerProcess } from './conformance/worker-process.js';
import type { Member } from './conformance/world.js';
import { makeKafkaWorld, type KafkaWorld } from './kafka-world-maker.js';

const GROUP = 'recovering';
/** As in production, unlike in other tests. */
const SESSION_MS = 6_000;
/** Enough to meet all four partitions. */
const SOURCES = upTo(12).map((number) => `s${number}`);
const FREEZE_MS = 20_000;

/** How long it takes until records flow again: prints what it sees, and asserts what holds on a busy machine, too. */
requires({ kafka: 'own' })('the event log on Kafka, after a fault,', () => {
  let kafka: TestKafka;
  let proxy: TcpProxy;
  let world: KafkaWorld;
  let flow: Flow;
  const workers: WorkerProcess[] = [];
  beforeAll(async () => {
    const port = await freePort();
    kafka = await startKafka({ own: true, proxyPort: port });
    proxy = await TcpProxy.start(port, () => Number(kafka.proxied!.split(':')[1]));
  });
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.kill();
    await world.close();
  });
  afterAll(async () => {
    await proxy.stop();
    await kafka.stop();
  });

  async function open(): Promise<Member> {
    world = await makeKafkaWorld({ brokers: `127.0.0.1:${proxy.port}`, sessionMs: SESSION_MS });
    const consumer = await world.open({ service: 'consumer' });
    flow = new Flow(await world.open({ service: 'producer' }), consumer);
    return consumer;
  }

  async function worker(): Promise<WorkerProcess> {
    const started = await new WorkerProcess(world.child.module).loaded();
    workers.push(started);
    started.start({ connection: world.child.connection, task: { kind: 'consume', group: GROUP } });
    await started.line('started');
    return started;
  }

  it('goes on at once with a member that is stopped', async () => {
    const consumer = await open();
    const other = await world.open({ service: 'consumer' });
    const leaving = consumer.log.consume({ group: GROUP, handlers: [effectHandler('leaving')] });
    other.log.consume({ group: GROUP, handlers: [effectHandler('staying')] });
    await flow.shared(2);
    const stopped = performance.now();
    const stopping = leaving.stop();
    expect(await flow.flowsAfter('a member was told to stop', stopped)).toBeLessThan(5_000);
    await stopping;
    await flow.isExact();
  }, 90_000);

  it('goes on without a member that was killed, once it is missed', async () => {
    const consumer = await open();
    const dying = await worker();
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('staying')] });
    await flow.shared(2);
    const killed = performance.now();
    await dying.kill();
    expect(await flow.flowsAfter('a member was killed', killed)).toBeLessThan(SESSION_MS * 5);
    await flow.isExact();
  }, 120_000);

  it('takes a member back that stood still, and has nothing applied twice', async () => {
    const consumer = await open();
    const frozen = await worker();
    const staying = consumer.log.consume({ group: GROUP, handlers: [effectHandler('staying')] });
    await flow.shared(2);
    const stoodStill = performance.now();
    frozen.signal('SIGSTOP');
    await flow.flowsAfter('a member stood still', stoodStill);
    await sleep(Math.max(0, FREEZE_MS - (performance.now() - stoodStill)));
    frozen.signal('SIGCONT');
    await flow.flowsAfter('it woke up', performance.now());
    // It does its share again: alone, even.
    await flow.shared(2);
    const left = performance.now();
    await staying.stop();
    expect(await flow.flowsAfter('the other one was stopped', left)).toBeLessThan(20_000);
    await flow.isExact();
  }, 180_000);

  it('goes on when all connections have been cut', async () => {
    const consumer = await open();
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    await flow.shared(1);
    for (const ms of [300, 5_000]) {
      await proxy.cut(ms);
      expect(await flow.flowsAfter(`connections were cut for ${ms} ms`, performance.now())).toBeLessThan(15_000);
    }
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true));
    await flow.isExact();
  }, 120_000);

  it('goes on when a broker hangs for a while', async () => {
    const consumer = await open();
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    await flow.shared(1);
    process.kill(kafka.pid!, 'SIGSTOP');
    await flow.append();
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(false), { timeoutMs: 15_000 });
    await sleep(FREEZE_MS / 2);
    process.kill(kafka.pid!, 'SIGCONT');
    expect(await flow.flowsAfter('a broker had hung', performance.now())).toBeLessThan(20_000);
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true));
    await flow.isExact();
  }, 120_000);

  it('goes on when the broker was killed', async () => {
    const consumer = await open();
    consumer.log.consume({ group: GROUP, handlers: [effectHandler('a')] });
    await flow.shared(1);
    await kafka.kill();
    await flow.append();
    await sleep(8_000);
    await kafka.restart();
    expect(await flow.flowsAfter('the broker answers again', performance.now())).toBeLessThan(30_000);
    await eventually(async () => expect((await consumer.health.readiness()).ready).toBe(true), { timeoutMs: 15_000 });
    await flow.isExact();
  }, 180_000);
});

/** What one service appends and another one applies. */
class Flow {
  private appended = 0;

  constructor(
    private readonly producer: Member,
    private readonly consumer: Member,
  ) {}

  /** One record for each source, and so for each partition. */
  async append(): Promise<void> {
    const number = (this.appended += 1);
    await this.producer.database.transaction(async (tx) => {
      for (const source of SOURCES) tx.append(CountedAppended, counted(source, number), { tenantId: 't1' });
    });
  }

  /** Appends until so many members have applied something that was appended from now on. */
  async shared(members: number): Promise<void> {
    const [{ last }] = (await this.consumer.database.query<{ last: string }>(
      'SELECT coalesce(max(nr), 0) AS last FROM effect',
    )) as [{ last: string }];
    await eventually(
      async () => {
        await this.append();
        await sleep(200);
        const seen = await this.consumer.database.query('SELECT DISTINCT member FROM effect WHERE nr > $1', [last]);
        expect(seen.length).toBeGreaterThanOrEqual(members);
      },
      { timeoutMs: 60_000 },
    );
    await this.applied();
  }

  /** How many milliseconds after `since` what is appended now has been applied, with all from before. */
  async flowsAfter(event: string, since: number): Promise<number> {
    await this.append();
    await this.applied();
    const elapsed = performance.now() - since;
    process.stderr.write(`  records flow ${(elapsed / 1_000).toFixed(2)} s after ${event}\n`);
    return elapsed;
  }

  async isExact(): Promise<void> {
    await this.applied();
    await this.consumer.settled();
    const all = this.appended * SOURCES.length;
    const results = (await readAll(this.consumer, ['result'])).length;
    const account = await accountOf(this.consumer.database, results);
    expect(account).toEqual({ distinct: all, effects: all, total: all, results: all, misordered: 0 });
  }

  private async applied(): Promise<void> {
    const all = this.appended * SOURCES.length;
    await eventually(
      async () => expect((await accountOf(this.consumer.database, 0)).distinct).toBeGreaterThanOrEqual(all),
      { timeoutMs: 60_000 },
    );
  }
}
