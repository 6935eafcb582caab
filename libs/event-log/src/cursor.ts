import { cursorInvalid } from './event-log.errors.js';
import { TopicCatalog } from './topic-catalog.js';

/** For each topic, the offset of the next record of each partition. */
export type Cursor = Readonly<Record<string, readonly bigint[]>>;

const VERSION = 1;
const MAX_LENGTH = 8_192;
const OFFSET = /^(0|[1-9][0-9]{0,18})$/;

/** The cursor as an opaque text (base64url) for clients to keep. */
export function encodeCursor(cursor: Cursor): string {
  const topics = Object.entries(cursor).map(([topic, offsets]) => [topic, offsets.join(',')]);
  return Buffer.from(JSON.stringify([VERSION, Object.fromEntries(topics)])).toString('base64url');
}

/**
 * Reads a text that came from outside.
 *
 * @param topics the topics it must be about, neither more nor fewer
 * @throws DomainError `event-log.cursor-invalid`
 */
export function decodeCursor(
  text: string,
  topics: readonly string[],
  catalog: TopicCatalog = TopicCatalog.ofContracts(),
): Cursor {
  const positions = parse(text);
  const named = Object.keys(positions);
  if (named.length !== topics.length || !topics.every((topic) => Object.hasOwn(positions, topic))) {
    throw cursorInvalid('it is about other topics');
  }
  const cursor: Record<string, readonly bigint[]> = {};
  for (const topic of topics) {
    const offsets = positions[topic];
    const { partitions } = catalog.topic(topic);
    if (typeof offsets !== 'string') throw cursorInvalid('it holds no positions');
    const parts = offsets.split(',');
    if (parts.length > partitions || !parts.every((part) => OFFSET.test(part))) {
      throw cursorInvalid('its positions cannot be read');
    }
    // A topic that has grown since: its new partitions are read from their start.
    cursor[topic] = Array.from({ length: partitions }, (_, index) => BigInt(parts[index] ?? 0));
  }
  return cursor;
}

function parse(text: string): Record<string, unknown> {
  if (text.length > MAX_LENGTH || !/^[A-Za-z0-9_-]+$/.test(text)) throw cursorInvalid('it is not one of ours');
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (
      Array.isArray(value) &&
      value.length === 2 &&
      value[0] === VERSION &&
      value[1] &&
      typeof value[1] === 'object'
    ) {
      return value[1] as Record<string, unknown>;
    }
  } catch {
    // Answered below: what exactly JSON.parse disliked is of no use to a client.
  }
  throw cursorInvalid('it is not one of ours');
}
