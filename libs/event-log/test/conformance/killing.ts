import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { accountOf, effectHandler } from './effects.js';
import { readAll, upTo } from './reading.js';
import { withWorld, type Subject } from './subject.js';
import { CountedAppended, counted } from './test-events.js';
import { WorkerProcess } from './worker-process.js';
import type { Member, World } from './world.js';

const RANDOM_KILLS = 200;
const SPARE_PROCESSES = 3;
const GROUP = 'killed';
/** A handler's statements for three events alone are six, and begin, lock, position, append and commit are five. */
const FEWEST_KILL_POINTS = 11;
const MOST_KILL_POINTS = 60;
const SOURCES = ['a', 'b', 'c', 'd', 'e'];

export function killingTests(subject: Subject): void {
  describe('a consumer that is killed', () => {
    const everyStatement = 'has every effect exactly once, killed right before each statement in turn';
    it(everyStatement, () => withWorld(subject, (world) => killBeforeEachStatement(subject, world)), 180_000);

    const atRandom = `has every effect exactly once after ${RANDOM_KILLS} kills at random moments`;
    it(atRandom, () => withWorld(subject, (world) => killAtRandom(subject, world)), 600_000);
  });
}

async function killBeforeEachStatement(subject: Subject, world: World): Promise<void> {
  const { producer, consumer } = await open(world);
  const killed: number[] = [];
  let produced = 0;
  await withSpares(world, async (next) => {
    for (let killAt = 1, survived = false; !survived && killAt <= MOST_KILL_POINTS; killAt++) {
      await produce(producer, (produced += 3), 3, ['one']);
      const worker = await next();
      worker.start({ connection: world.child.connection, task: { kind: 'consume', group: GROUP, killAt } });
      survived = await appliesAll(worker, consumer, produced);
      if (!survived) killed.push(killAt);
      await worker.kill();
      await finish(subject, consumer, produced);
    }
  });
  expect(killed).toEqual(upTo(killed.length));
  expect(killed.length).toBeGreaterThanOrEqual(FEWEST_KILL_POINTS);
  expect(killed.length).toBeLessThan(MOST_KILL_POINTS);
}

async function killAtRandom(subject: Subject, world: World): Promise<void> {
  const { producer, consumer } = await open(world);
  let produced = 0;
  let atWork = 0;
  await withSpares(world, async (next) => {
    for (let kill = 0; kill < RANDOM_KILLS; kill++) {
      await produce(producer, (produced += 40), 40);
      const worker = await next();
      worker.start({ connection: world.child.connection, task: { kind: 'consume', group: GROUP } });
      // Half of them before or while it opens its connections, half of them while it applies.
      if (kill % 2 === 0) await worker.line('started');
      await sleep(Math.random() * 60);
      await worker.kill();
      if (kill % 2 === 0 && (await accountOf(consumer.database, 0)).effects < produced) atWork += 1;
    }
  });
  await finish(subject, consumer, produced);
  // The kills must have hit consumers that still had work, or this has shown nothing.
  expect(atWork).toBeGreaterThan(RANDOM_KILLS / 10);
}

async function open(world: World): Promise<{ producer: Member; consumer: Member }> {
  return { producer: await world.open({ service: 'producer' }), consumer: await world.open({ service: 'consumer' }) };
}

/** Runs with processes that are loaded and wait for their turn: loading takes longer than most of them live. */
async function withSpares(world: World, work: (next: () => Promise<WorkerProcess>) => Promise<void>): Promise<void> {
  const make = (): WorkerProcess => new WorkerProcess(world.child.module);
  const spares = upTo(SPARE_PROCESSES).map(make);
  try {
    await work(() => {
      spares.push(make());
      return spares.shift()!.loaded();
    });
  } finally {
    await Promise.all(spares.map((spare) => spare.kill()));
  }
}

/** The last `count` numbers up to `last`, spread over sources; a transaction holds up to ten. */
async function produce({ database }: Member, last: number, count: number, sources = SOURCES): Promise<void> {
  const numbers = upTo(count, last - count + 1);
  for (let start = 0; start < numbers.length; start += 10) {
    await database.transaction(async (tx) => {
      for (const number of numbers.slice(start, start + 10)) {
        tx.append(CountedAppended, counted(sources[number % sources.length]!, number), { tenantId: 't1' });
      }
    });
  }
}

/** Whether a worker applies everything before it dies. */
async function appliesAll(worker: WorkerProcess, consumer: Member, produced: number): Promise<boolean> {
  let dead = false;
  const death = worker.line('killed before').then(() => void (dead = true));
  while (!dead) {
    const applied = (await accountOf(consumer.database, 0)).distinct === produced;
    // Its last transaction is visible, but the statement that it is to die before may still come.
    await Promise.race([death, sleep(applied ? 300 : 10)]);
    if (applied) return !dead;
  }
  return false;
}

async function expectEffects({ database }: Member, count: number): Promise<void> {
  expect((await accountOf(database, 0)).distinct).toBe(count);
}

/** A member that nobody kills applies what is left; then the accounts are exact. */
async function finish(subject: Subject, consumer: Member, produced: number): Promise<void> {
  const last = consumer.log.consume({ group: GROUP, handlers: [effectHandler('last')] });
  await subject.eventually(() => expectEffects(consumer, produced), { timeoutMs: 30_000 });
  await last.stop();
  const results = await readAll(consumer, ['result']);
  const account = await accountOf(consumer.database, results.length);
  expect(account).toEqual({ distinct: produced, effects: produced, total: produced, results: produced, misordered: 0 });
}
