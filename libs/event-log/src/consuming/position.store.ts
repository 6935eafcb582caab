import type { Database, Tx } from '#database';
import { TopicReplacedError } from '../event-log.errors.js';
import type { Topic } from '../topic-catalog.js';

export interface Lane {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

export interface Position {
  readonly position: bigint;
  /** The last outbox offset applied, -1 for none: what is sent twice is known by it. */
  readonly outbox: bigint;
  /** Counts the members that have taken over the partition. */
  readonly epoch: bigint;
  readonly member: string;
}

/** Another member of the group works on the partition, or has taken it over. What was being done is rolled back. */
export class PartitionTakenError extends Error {
  override readonly name = 'PartitionTakenError';
}

interface PositionRow {
  readonly partition: number;
  readonly position: string;
  readonly outbox_offset: string;
  readonly epoch: string;
  readonly member: string;
}

/** The positions of consumer groups, in the consumer's own schema. */
export class PositionStore {
  constructor(private readonly database: Database) {}

  /**
   * Makes the rows of a group's partitions where there are none yet.
   *
   * @param topicId tells the topic from a later one of the same name, where the log knows such a thing
   * @throws TopicReplacedError if the group's positions belong to another topic of that name
   */
  async ensure(group: string, topic: Topic, start: (partition: number) => bigint, topicId = ''): Promise<void> {
    const partitions = Array.from({ length: topic.partitions }, (_, index) => index);
    await this.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO event_position (group_name, topic, partition, position, topic_id)
         SELECT $1, $2, p.partition, p.position, $5 FROM unnest($3::int[], $4::bigint[]) AS p(partition, position)
         ON CONFLICT DO NOTHING`,
        [group, topic.name, partitions, partitions.map(start).map(String), topicId],
      );
      if (!topicId) return;
      // Positions from before this was kept are taken to be of the topic that is there.
      await tx.query(`UPDATE event_position SET topic_id = $3 WHERE group_name = $1 AND topic = $2 AND topic_id = ''`, [
        group,
        topic.name,
        topicId,
      ]);
      const others = await tx.query(
        'SELECT 1 FROM event_position WHERE group_name = $1 AND topic = $2 AND topic_id <> $3 LIMIT 1',
        [group, topic.name, topicId],
      );
      if (others.length > 0) throw new TopicReplacedError(topic.name);
    });
  }

  async of(group: string, topic: string): Promise<Map<number, Position>> {
    const rows = await this.database.query<PositionRow>(
      'SELECT partition, position, outbox_offset, epoch, member FROM event_position WHERE group_name = $1 AND topic = $2',
      [group, topic],
    );
    return new Map(rows.map((row) => [row.partition, positionOf(row)]));
  }

  /**
   * Takes the partition for the rest of the transaction. A member that stands still in it for longer than `stallMs`
   * loses its connection, and with it the lock: so a stopped process cannot keep a partition.
   *
   * @param busy what to do while another transaction holds it: give up, or wait for its end
   * @throws PartitionTakenError if another member holds it now, or there is no such position
   */
  async lock(tx: Tx, lane: Lane, stallMs: number, busy: 'give up' | 'wait' = 'give up'): Promise<Position> {
    const rows = await tx.query<PositionRow>(
      `SELECT partition, position, outbox_offset, epoch, member, set_config('idle_in_transaction_session_timeout', $4, true)
       FROM event_position WHERE group_name = $1 AND topic = $2 AND partition = $3
       FOR UPDATE ${busy === 'wait' ? '' : 'SKIP LOCKED'}`,
      [lane.group, lane.topic, lane.partition, String(stallMs)],
    );
    const row = rows[0];
    if (!row)
      throw new PartitionTakenError(`Another member of "${lane.group}" works on ${lane.topic}/${lane.partition}.`);
    return positionOf(row);
  }

  /**
   * Moves the position. The epoch is the fence: it must be the one this member took the partition with.
   *
   * @throws PartitionTakenError if the partition has been taken over, or moved, since it was locked
   */
  async advance(tx: Tx, lane: Lane, from: Position, to: Position): Promise<void> {
    const moved = await tx.query(
      `UPDATE event_position SET position = $6, epoch = $7, member = $8, outbox_offset = $9, updated_at = now()
       WHERE group_name = $1 AND topic = $2 AND partition = $3 AND position = $4 AND epoch = $5
       RETURNING partition`,
      [
        ...[lane.group, lane.topic, lane.partition, from.position, from.epoch],
        ...[to.position, to.epoch, to.member, to.outbox],
      ].map(String),
    );
    if (moved.length === 0) throw new PartitionTakenError(`${lane.topic}/${lane.partition} has been taken over.`);
  }

  /** Gives up the partitions a member held, so that others need not wait for it. */
  async release(group: string, member: string): Promise<void> {
    await this.database.transaction((tx) =>
      tx.query(`UPDATE event_position SET member = '' WHERE group_name = $1 AND member = $2`, [group, member]),
    );
  }
}

function positionOf(row: PositionRow): Position {
  return {
    position: BigInt(row.position),
    outbox: BigInt(row.outbox_offset),
    epoch: BigInt(row.epoch),
    member: row.member,
  };
}
