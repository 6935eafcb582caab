import type { MessageInitShape } from '@bufbuild/protobuf';
import type { TimestampSchema } from '@bufbuild/protobuf/wkt';

/** What a bigint column holds at most; counters stay there rather than fail. */
export const MAX_COUNT = 9_223_372_036_854_775_807n;

/** SQL that adds a column of the proposed row to that of the stored row `u`, and stops at the column's end. */
export function added(column: string): string {
  return `${column} = CASE WHEN u.${column} > ${MAX_COUNT} - excluded.${column} THEN ${MAX_COUNT}
    ELSE u.${column} + excluded.${column} END`;
}

/** SQL for a time column as microseconds since 1970: a Date would lose them. */
export function microsOf(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000000)::bigint`;
}

/** SQL for a time from microseconds since 1970. */
export function timeFrom(micros: string): string {
  return `timestamptz 'epoch' + ${micros} * interval '1 microsecond'`;
}

/** A timestamp from microseconds since 1970, as `microsOf` answers them. */
export function timestampOf(micros: string): MessageInitShape<typeof TimestampSchema> {
  const value = BigInt(micros);
  const seconds = value / 1_000_000n;
  return { seconds, nanos: Number(value - seconds * 1_000_000n) * 1_000 };
}

/** A sum that Postgres answered as text, within what the contract can carry. */
export function countOf(sum: string): bigint {
  const value = BigInt(sum);
  return value > MAX_COUNT ? MAX_COUNT : value;
}
