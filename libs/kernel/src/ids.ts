import { randomUUID } from 'node:crypto';

const COUNTS_A_MS = 0x1000;
/** Where a random UUID's variant begins, and with it what is left random here. */
const RANDOM_FROM = 18;

let millisecond = 0;
let count = 0;
let prefix = '';

/**
 * A new identifier: UUID version 7 (RFC 9562), so that ids sort by the time they were made; those of one process in the
 * order in which they were made, too, by a counter in the 12 bits behind the time. Every event has one, so it is made of
 * the cheapest random UUID: Node keeps some in stock.
 */
export function newId(): string {
  const now = Date.now();
  if (now > millisecond) begin(now);
  else if (++count === COUNTS_A_MS) begin(millisecond + 1);
  return `${prefix}${count.toString(16).padStart(3, '0')}${randomUUID().slice(RANDOM_FROM)}`;
}

/** The upper half of the counter is left free, so that it seldom runs ahead into the next millisecond. */
function begin(at: number): void {
  millisecond = at;
  count = Math.floor(Math.random() * (COUNTS_A_MS / 2));
  const time = at.toString(16).padStart(12, '0');
  prefix = `${time.slice(0, 8)}-${time.slice(8)}-7`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text that came from outside can be looked up as an id at all. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
