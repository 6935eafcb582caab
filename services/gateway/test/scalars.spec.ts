import { describe, expect, it } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { CalendarDate, DateTime, Long } from '../src/graphql/scalars.js';

describe('DateTime', () => {
  it('shows dates and timestamps', () => {
    const date = new Date('2026-03-01T09:30:00.123Z');
    expect(DateTime.serialize(date)).toBe('2026-03-01T09:30:00.123Z');
    expect(DateTime.serialize(timestampFromDate(date))).toBe('2026-03-01T09:30:00.123Z');
    expect(() => DateTime.serialize('2026')).toThrow();
  });

  it('takes ISO 8601 with a time zone only', () => {
    expect(DateTime.parseValue('2026-03-01T10:30:00+01:00')).toEqual(new Date('2026-03-01T09:30:00Z'));
    expect(DateTime.parseValue('2024-02-29T00:00Z')).toEqual(new Date('2024-02-29T00:00:00Z'));
    for (const wrong of [
      '2026-03-01',
      '2026-03-01T10:30:00',
      '2026-02-30T00:00:00Z',
      '2026-13-01T00:00:00Z',
      'now',
      '',
      0,
      null,
      {},
    ]) {
      expect(() => DateTime.parseValue(wrong)).toThrow('ISO 8601');
    }
  });
});

describe('Date', () => {
  it('takes days that exist', () => {
    expect(CalendarDate.parseValue('2024-02-29')).toBe('2024-02-29');
    for (const wrong of ['2023-02-29', '2026-3-1', 'x', 1]) expect(() => CalendarDate.parseValue(wrong)).toThrow();
  });
});

describe('Long', () => {
  it('shows whole numbers that JSON can hold exactly', () => {
    expect(Long.serialize(5n)).toBe(5);
    expect(Long.serialize(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
    expect(Long.serialize(2n ** 63n)).toBe(Number.MAX_SAFE_INTEGER);
    for (const wrong of [1.5, Number.NaN, '5']) expect(() => Long.serialize(wrong)).toThrow();
    expect(Long.parseValue(5)).toBe(5n);
    for (const wrong of [2 ** 53, 1.5, '5', null]) expect(() => Long.parseValue(wrong)).toThrow();
  });
});
