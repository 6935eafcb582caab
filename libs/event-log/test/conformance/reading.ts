import type { Cursor, EventRecord, Follower } from '#event-log';
import { fromBinary } from '@bufbuild/protobuf';
import { asCounted, testCatalog, type Counted } from './test-events.js';
import type { Member } from './world.js';

/** Everything that is in some topics now, from a cursor or from the oldest on, partition by partition in order. */
export async function readAll(
  member: Member,
  topics: string[],
  from: 'earliest' | Cursor = 'earliest',
): Promise<EventRecord[]> {
  await member.settled();
  const records: EventRecord[] = [];
  const follower = member.log.follow({ topics, from, onRecord: (record) => void records.push(record) });
  await follower.caughtUp;
  await follower.close();
  return records;
}

export async function endOf(member: Member, topics: string[]): Promise<Cursor> {
  await member.settled();
  const follower: Follower = member.log.follow({ topics, from: 'latest', onRecord: () => undefined });
  await follower.caughtUp;
  await follower.close();
  return follower.cursor();
}

export function countedOf(record: EventRecord): Counted {
  const event = testCatalog.eventOfType(record.type);
  if (!event) throw new Error(`no event ${record.type}`);
  return asCounted(fromBinary(event.schema, record.payload));
}

/** Records by partition. */
export function byPartition(records: readonly EventRecord[]): Map<string, EventRecord[]> {
  const lanes = new Map<string, EventRecord[]>();
  for (const record of records) {
    const name = `${record.topic}/${record.partition}`;
    lanes.set(name, [...(lanes.get(name) ?? []), record]);
  }
  return lanes;
}

/** The numbers of each source, in the order they were read. */
export function numbersBySource(records: readonly EventRecord[]): Map<string, number[]> {
  const numbers = new Map<string, number[]>();
  for (const record of records) {
    const { source, number } = countedOf(record);
    numbers.set(source, [...(numbers.get(source) ?? []), Number(number)]);
  }
  return numbers;
}

export function upTo(count: number, first = 1): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
