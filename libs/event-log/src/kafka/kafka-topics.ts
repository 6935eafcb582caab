import { Logger } from '@nestjs/common';
import {
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
  findErrorBy,
  type Admin,
} from '@platformatic/kafka';
import { setTimeout as delay } from 'node:timers/promises';
import type { Topic } from '../topic-catalog.js';
import { reasonOf, type KafkaCluster } from './kafka-cluster.js';

const MAX_WAIT_MS = 1_000;
const CHECK_MS = 5_000;
const CHECK_AGAIN_MS = 500;

/** Makes the topics that a service owns, as `proto/` declares them, keeps their limits as declared, and an eye on them. */
export class KafkaTopics {
  /** Resolves once all of them are there. Rejects only when stopped before that. */
  readonly ready: Promise<void>;
  private readonly logger = new Logger('EventLog');
  private readonly stopping = new AbortController();
  private readonly watching: Promise<void>;
  private waitsFor: string | undefined = 'its topics have not been made yet';

  constructor(
    private readonly cluster: KafkaCluster,
    private readonly topics: readonly Topic[],
    private readonly maxMessageBytes: number,
  ) {
    this.ready = this.make();
    this.watching = this.ready.then(() => this.watch()).catch(() => undefined);
  }

  /** Why the topics are not as they should be; undefined when they are. */
  get failure(): string | undefined {
    return this.waitsFor;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  private async make(): Promise<void> {
    for (let wait = 100; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
      const admin = this.cluster.admin();
      try {
        for (const topic of this.topics) await this.makeOne(admin, topic);
        if (wait > 100) this.logger.log('The topics of the event log are there');
        this.waitsFor = undefined;
        return;
      } catch (error) {
        const reason = `topics cannot be made at ${this.cluster.settings.brokers}: ${reasonOf(error)}`;
        if (reason !== this.waitsFor) this.logger.warn(`The event log waits: ${reason}`);
        this.waitsFor = reason;
      } finally {
        await admin.close().catch(() => undefined);
      }
      await delay(wait, undefined, { signal: this.stopping.signal });
    }
  }

  /**
   * Notices a topic that somebody deletes later. It is made again only by the next start: whoever reads it has to learn
   * that it is another one, and somebody to decide what becomes of that.
   */
  private async watch(): Promise<void> {
    if (this.topics.length === 0) return;
    for (;;) {
      await delay(this.waitsFor ? CHECK_AGAIN_MS : CHECK_MS, undefined, { signal: this.stopping.signal });
      const admin = this.cluster.admin();
      try {
        for (const topic of this.topics) await this.check(admin, topic, this.cluster.nameOf(topic.name));
        if (this.waitsFor) this.logger.log('The topics of the event log are there again');
        this.waitsFor = undefined;
      } catch (error) {
        const reason = reasonOf(error);
        // Brokers that cannot be reached are told of by whoever needs them.
        if (/^unknown topic/i.test(reason)) this.missing(`${reason} It has been deleted.`);
        else if (error instanceof WrongTopicError) this.missing(reason);
      } finally {
        await admin.close().catch(() => undefined);
      }
    }
  }

  private missing(reason: string): void {
    if (reason !== this.waitsFor) this.logger.error(`The event log waits: ${reason}`);
    this.waitsFor = reason;
  }

  private async makeOne(admin: Admin, topic: Topic): Promise<void> {
    const name = this.cluster.nameOf(topic.name);
    const configs = this.configsOf(topic);
    try {
      const { replicas } = this.cluster.settings;
      await admin.createTopics({ topics: [{ topic: name, partitions: topic.partitions, replicas }], configs });
    } catch (error) {
      if (!findErrorBy(error as Error, 'apiId', 'TOPIC_ALREADY_EXISTS')) throw error;
      await this.check(admin, topic, name);
      await admin.incrementalAlterConfigs({
        resources: [
          {
            resourceType: ConfigResourceTypes.TOPIC,
            resourceName: name,
            configs: configs.map((config) => ({
              ...config,
              configOperation: IncrementalAlterConfigOperationTypes.SET,
            })),
          },
        ],
      });
    }
  }

  /** Other partitions than declared would put keys elsewhere than all others expect them: nothing to be repaired here. */
  private async check(admin: Admin, topic: Topic, name: string): Promise<void> {
    const metadata = await admin.metadata({ topics: [name], forceUpdate: true });
    const found = metadata.topics.get(name)?.partitionsCount;
    if (found !== topic.partitions) {
      throw new WrongTopicError(
        `topic "${name}" has ${found} partitions, not the ${topic.partitions} that are declared`,
      );
    }
  }

  private configsOf(topic: Topic): { name: string; value: string }[] {
    return [
      { name: 'cleanup.policy', value: topic.compacted ? 'compact' : 'delete' },
      { name: 'retention.ms', value: String(topic.compacted ? -1 : (topic.retentionMs ?? -1)) },
      { name: 'retention.bytes', value: String(topic.compacted ? -1 : (topic.retentionBytes ?? -1)) },
      // Retention takes whole segments; with few bytes to keep, they must be small.
      { name: 'segment.bytes', value: String(segmentBytes(topic, this.maxMessageBytes)) },
      { name: 'max.message.bytes', value: String(this.maxMessageBytes) },
      { name: 'message.timestamp.type', value: 'CreateTime' },
    ];
  }
}

class WrongTopicError extends Error {}

const MIN_SEGMENT_BYTES = 1 << 20;
const MAX_SEGMENT_BYTES = 1 << 30;

function segmentBytes(topic: Topic, maxMessageBytes: number): number {
  if (topic.retentionBytes === undefined) return MAX_SEGMENT_BYTES;
  const wanted = Math.max(Math.floor(topic.retentionBytes / 8), MIN_SEGMENT_BYTES, maxMessageBytes);
  return Math.min(wanted, MAX_SEGMENT_BYTES);
}
