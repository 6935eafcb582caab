import { describe, expect, it } from '@jest/globals';
import { isId, newId } from '#kernel';
import { validate, version } from 'uuid';

describe('a new id', () => {
  it('is a UUID of version 7 that says when it was made', () => {
    const before = Date.now();
    const id = newId();
    expect(isId(id)).toBe(true);
    expect(validate(id)).toBe(true);
    expect(version(id)).toBe(7);
    const time = Number.parseInt(id.replace('-', '').slice(0, 12), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    // More than 2,048 in one millisecond run ahead; the tests before may have made some.
    expect(time).toBeLessThanOrEqual(Date.now() + 1_000);
  });

  it('sorts behind all that were made before it, however fast they are made', () => {
    const ids = Array.from({ length: 50_000 }, newId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual([...ids].sort());
    for (const id of ids) expect(validate(id) && version(id) === 7).toBe(true);
  });
});
