/**
 * A process of the conformance suite, for killing. It loads everything, says `ready`, and waits for one line of JSON that
 * says what to do:
 * consume: applies topic `counted` for a group; with `killAt`, kills itself right before its n-th database statement;
 * publish: publishes numbers one after another, printing each when it is acknowledged.
 */
import 'reflect-metadata';
import { createInterface } from 'node:readline';
import { writeSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { effectHandler } from './effects.js';
import { SingleAppended, counted } from './test-events.js';
import type { Member, MemberOptions } from './world.js';

export interface WorkerTask {
  readonly connection: unknown;
  readonly task:
    | { readonly kind: 'consume'; readonly group: string; readonly killAt?: number; readonly holdAt?: number }
    | { readonly kind: 'publish'; readonly source: string; readonly from: number };
}

const HOLD_MS = 400;

Logger.overrideLogger(['fatal']);
const driver = (await import(process.argv[2]!)) as {
  openMember(options: MemberOptions & { connection: unknown }): Promise<Member>;
};
say('ready');
for await (const line of createInterface({ input: process.stdin })) await perform(JSON.parse(line) as WorkerTask);

async function perform({ connection, task }: WorkerTask): Promise<void> {
  if (task.kind === 'publish') {
    const { log } = await driver.openMember({ service: 'producer', connection });
    for (let number = task.from; ; number++) {
      await log.publish(SingleAppended, counted(task.source, number, 1_000), { tenantId: 't1' });
      say(`acknowledged ${number}`);
    }
  }
  const settings = { batchRecords: 20, stallMs: 1_000, pollMs: 200 };
  const { log } = await driver.openMember({ service: 'consumer', connection, settings });
  if (task.killAt !== undefined) killBeforeStatement(task.killAt);
  const hold = async (number: bigint): Promise<void> => {
    if (task.holdAt !== Number(number)) return;
    say(`holding ${number}`);
    await new Promise((resolve) => setTimeout(resolve, HOLD_MS));
  };
  const { started } = log.consume({ group: task.group, handlers: [effectHandler(String(process.pid), hold)] });
  await started;
  say('started');
}

/** Counts what the service's own connections send; the driver's wake-up connection has a rhythm of its own. */
function killBeforeStatement(nth: number): void {
  const prototype = pg.Client.prototype as unknown as { query: (...values: unknown[]) => unknown };
  const { query } = prototype;
  let statements = 0;
  prototype.query = function (this: Partial<pg.Client>, ...values: unknown[]): unknown {
    const { connectionParameters } = this as { connectionParameters?: { application_name?: string } };
    if (connectionParameters?.application_name === 'gnomon-consumer') statements += 1;
    else return query.apply(this, values);
    if (statements === nth) {
      say(`killed before statement ${nth}`);
      process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined);
    }
    return query.apply(this, values);
  };
}

/** At once, so that what a dying process has said is not lost in a buffer. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
