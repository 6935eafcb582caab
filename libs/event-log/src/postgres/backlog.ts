import { Logger } from '@nestjs/common';
import type { Database } from '#database';
import { messageOf } from '#kernel';
import { consumersBehind } from '../event-log.errors.js';
import type { Topic } from '../topic-catalog.js';

const CHECK_MS = 2_000;

interface BehindRow {
  readonly topic: string;
  readonly groups: string[];
}

/**
 * Knows the owner's topics that cannot be kept within their bytes because a consumer group of the owner has not applied
 * what retention would remove. As long as that is so, nothing more is published to them.
 *
 * How many bytes are not applied is estimated from the share of the offsets: exact once retention has removed the rest.
 */
export class Backlog {
  private readonly logger = new Logger('EventLog');
  private readonly limits: ReadonlyMap<string, number>;
  private readonly timer: NodeJS.Timeout | undefined;
  private behind: ReadonlySet<string> = new Set();
  private checking: Promise<void> | undefined;

  constructor(
    private readonly database: Database,
    topics: readonly Topic[],
  ) {
    const limited = topics.filter((topic) => topic.retentionBytes !== undefined && !topic.compacted);
    this.limits = new Map(limited.map((topic) => [topic.name, topic.retentionBytes!]));
    if (this.limits.size === 0) return;
    this.timer = setInterval(() => void this.checkInTurn(), CHECK_MS);
    this.timer.unref();
  }

  /** @throws DomainError `event-log.consumers-behind` while the topic takes no more */
  admit(topic: Topic): void {
    if (this.behind.has(topic.name)) throw consumersBehind(topic.name);
  }

  async check(): Promise<void> {
    if (this.limits.size === 0) return;
    const rows = await this.database.query<BehindRow>(
      `SELECT p.topic, array_agg(DISTINCT e.group_name) AS groups
       FROM event_partition p
       JOIN unnest($1::text[], $2::bigint[]) AS l(topic, bytes) ON l.topic = p.topic
       JOIN event_position e ON e.topic = p.topic AND e.partition = p.partition
       WHERE p.bytes > l.bytes AND p.next_offset > p.first_offset
         AND p.bytes::numeric * (p.next_offset - greatest(e.position, p.first_offset)) / (p.next_offset - p.first_offset)
             > l.bytes
       GROUP BY p.topic`,
      [[...this.limits.keys()], [...this.limits.values()].map(String)],
    );
    for (const { topic, groups } of rows) {
      if (!this.behind.has(topic)) {
        this.logger.error(`Topic "${topic}" is full of what ${groups.join(', ')} has not applied: it takes no more`);
      }
    }
    const behind = new Set(rows.map(({ topic }) => topic));
    for (const topic of this.behind) if (!behind.has(topic)) this.logger.log(`Topic "${topic}" takes records again`);
    this.behind = behind;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.checking;
  }

  private async checkInTurn(): Promise<void> {
    this.checking ??= this.check()
      .catch((error: unknown) => this.logger.debug(`The backlog is not known: ${messageOf(error)}`))
      .finally(() => (this.checking = undefined));
    await this.checking;
  }
}
