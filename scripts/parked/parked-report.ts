import Table from 'cli-table3';
import { coordinatesOf } from '#event-log';
import type { RequestKind } from '#event-log';
import type { ListedRecord, Outcome } from './parked-admin.js';

const ERROR_WIDTH = 60;

/** A table for people, or one JSON object a line. */
export function printParked(records: readonly ListedRecord[], json: boolean): void {
  if (json) {
    for (const each of records) process.stdout.write(`${JSON.stringify(plain(each))}\n`);
    return;
  }
  if (records.length === 0) {
    process.stdout.write('Nothing is parked.\n');
    return;
  }
  const head = ['service', 'group', 'place', 'type', 'tenant', 'key', 'attempts', 'parked', 'error', 'asked'];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const { service, group, record, error, attempts, parkedAt, request } of records) {
    const { type, tenantId, key } = record;
    const place = coordinatesOf(record);
    const asked = request ? `${request.kind} by ${request.by}` : '';
    const line = error.split('\n')[0]!;
    const short = line.length > ERROR_WIDTH ? `${line.slice(0, ERROR_WIDTH)}…` : line;
    table.push([service, group, place, type, tenantId, key, attempts, parkedAt.toISOString(), short, asked]);
  }
  process.stdout.write(`${table.toString()}\n`);
}

export function printOutcome(kind: RequestKind, outcome: Outcome, json: boolean): void {
  const { asked, done, failed, waiting } = outcome;
  if (json) {
    const lists = { failed: failed.map(plain), waiting: waiting.map(plain) };
    process.stdout.write(`${JSON.stringify({ asked, done, ...lists })}\n`);
    return;
  }
  if (asked === 0) process.stdout.write('No such record is parked.\n');
  else process.stdout.write(`${done} of ${asked} ${kind === 'replay' ? 'applied' : 'dropped'}.\n`);
  if (failed.length > 0) {
    process.stdout.write('Failed again, and stay parked:\n');
    printParked(failed, false);
  }
  if (waiting.length > 0) {
    process.stdout.write('Nobody has done it yet; a consumer that starts later will:\n');
    printParked(waiting, false);
  }
}

function plain({ service, group, record, error, attempts, parkedAt, request }: ListedRecord): object {
  const { payload, offset, ...rest } = record;
  return {
    service,
    group,
    ...rest,
    offset: String(offset),
    payload: Buffer.from(payload).toString('base64'),
    error,
    attempts,
    parkedAt,
    ...(request ? { request } : {}),
  };
}
