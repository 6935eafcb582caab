import type { Tx } from '#database';
import type { Topic } from '../topic-catalog.js';
import type { EncodedEvent } from './encoded-event.js';

/** How far a partition reaches after an append. */
export interface AppendedLane {
  readonly topic: string;
  readonly partition: number;
  /** The offset the next record will get. */
  readonly next: bigint;
  readonly records: number;
}

interface LaneDraft {
  readonly topic: Topic;
  readonly partition: number;
  readonly events: EncodedEvent[];
}

/**
 * Writes events as the last statement of a transaction, in one round trip: from here to the commit it holds the counter
 * rows of the partitions it appends to, so the shorter the better.
 */
export async function appendEvents(tx: Tx, events: readonly EncodedEvent[], now: Date): Promise<AppendedLane[]> {
  const lanes = lanesOf(events);
  const columns = columnsOf(lanes);
  const rows = await tx.query<{ next_offsets: string[] }>(
    `SELECT event_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)::text[] AS next_offsets`,
    [
      lanes.map((lane) => lane.topic.name),
      lanes.map((lane) => lane.partition),
      lanes.map((lane) => lane.events.length),
      lanes.map((lane) => lane.events.reduce((bytes, event) => bytes + event.payload.length, 0)),
      lanes.map((lane) => lane.topic.compacted),
      columns.lanes,
      columns.places,
      columns.tenants,
      columns.keys,
      columns.types,
      columns.ids,
      columns.correlations,
      columns.starts,
      columns.sizes,
      Buffer.concat(columns.payloads),
      now,
    ],
  );
  const nextOffsets = rows[0]?.next_offsets ?? [];
  return lanes.map((lane, index) => ({
    topic: lane.topic.name,
    partition: lane.partition,
    next: BigInt(nextOffsets[index] ?? 0),
    records: lane.events.length,
  }));
}

/** Grouped by partition, in the one order in which every transaction locks them; events of a partition in given order. */
function lanesOf(events: readonly EncodedEvent[]): LaneDraft[] {
  const lanes = new Map<string, LaneDraft>();
  for (const event of events) {
    const name = `${event.topic.name}/${event.partition}`;
    const lane = lanes.get(name);
    if (lane) lane.events.push(event);
    else lanes.set(name, { topic: event.topic, partition: event.partition, events: [event] });
  }
  return [...lanes.values()].sort((a, b) =>
    a.topic.name < b.topic.name ? -1 : a.topic.name > b.topic.name ? 1 : a.partition - b.partition,
  );
}

function columnsOf(lanes: readonly LaneDraft[]) {
  const columns = {
    lanes: [] as number[],
    places: [] as number[],
    tenants: [] as string[],
    keys: [] as string[],
    types: [] as string[],
    ids: [] as string[],
    correlations: [] as string[],
    starts: [] as number[],
    sizes: [] as number[],
    payloads: [] as Uint8Array[],
  };
  let start = 1;
  lanes.forEach((lane, index) => {
    lane.events.forEach((event, place) => {
      columns.lanes.push(index + 1);
      columns.places.push(place);
      columns.tenants.push(event.tenantId);
      columns.keys.push(event.key);
      columns.types.push(event.type);
      columns.ids.push(event.id);
      columns.correlations.push(event.correlationId);
      columns.starts.push(start);
      columns.sizes.push(event.payload.length);
      columns.payloads.push(event.payload);
      start += event.payload.length;
    });
  });
  return columns;
}
