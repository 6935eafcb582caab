import { isMessage } from '@bufbuild/protobuf';
import { TimestampSchema, timestampDate } from '@bufbuild/protobuf/wkt';
import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';

const DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DAY_MS = 86_400_000;

/** Answers protobuf timestamps and dates; takes ISO 8601 text with a time zone. Resolvers get a Date. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    if (isMessage(value, TimestampSchema)) return timestampDate(value).toISOString();
    throw new TypeError('DateTime cannot show this value.');
  },
  parseValue: parseDateTime,
  parseLiteral: (node) => parseDateTime(textOf(node)),
});

/** A calendar day as `YYYY-MM-DD` text. */
export const CalendarDate = new GraphQLScalarType<string, string>({
  name: 'Date',
  serialize: (value) => {
    if (typeof value === 'string') return value;
    throw new TypeError('Date cannot show this value.');
  },
  parseValue: parseDate,
  parseLiteral: (node) => parseDate(textOf(node)),
});

const LARGEST = BigInt(Number.MAX_SAFE_INTEGER);

/**
 * Answers bigint and number as a JSON number; takes whole numbers. Resolvers get a bigint. A count beyond 2^53 - 1 is
 * answered as that: one device that lies about its traffic must not make a whole list unreadable.
 */
export const Long = new GraphQLScalarType<bigint, number>({
  name: 'Long',
  serialize: (value) => {
    const number = typeof value === 'bigint' ? Number(value > LARGEST ? LARGEST : value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
    throw new TypeError('Long cannot show this value.');
  },
  parseValue: parseLong,
  parseLiteral: (node) => parseLong(node.kind === Kind.INT ? Number(node.value) : undefined),
});

export const Json = new GraphQLScalarType({
  name: 'JSON',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});

function parseDateTime(value: unknown): Date {
  if (typeof value === 'string' && DATE_TIME.test(value)) {
    const date = new Date(value);
    // The 31st of a month that has none is read as the 1st of the next.
    const dayExists = isDay(value.slice(0, 10));
    if (!Number.isNaN(date.getTime()) && dayExists) return date;
  }
  throw new GraphQLError('DateTime must be ISO 8601 text with a time zone, for example 2026-03-01T09:30:00Z.');
}

function parseDate(value: unknown): string {
  if (typeof value === 'string' && DATE.test(value) && isDay(value)) return value;
  throw new GraphQLError('Date must be a day as ISO 8601 text, for example 2026-03-01.');
}

function isDay(text: string): boolean {
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(Math.floor(time / DAY_MS) * DAY_MS).toISOString().startsWith(text);
}

function parseLong(value: unknown): bigint {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value);
  throw new GraphQLError('Long must be a whole number of at most 2^53 - 1.');
}

function textOf(node: ValueNode): unknown {
  return node.kind === Kind.STRING ? node.value : undefined;
}
