import { v7 } from 'uuid';

/** A new identifier: UUID version 7 (RFC 9562), so that ids sort by the time they were made. */
export function newId(): string {
  return v7();
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text that came from outside can be looked up as an id at all. */
export function isId(text: string): boolean {
  return UUID.test(text);
}
