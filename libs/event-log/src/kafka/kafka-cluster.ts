import { Admin, AuthenticationError, Consumer, MultipleErrors } from '@platformatic/kafka';
import { messageOf } from '#kernel';
import { assignByTopic } from './assign-by-topic.js';
import { accessOf, brokersOf, type KafkaSettings } from './kafka.config.js';
import { LogConsumer } from './log-consumer.js';
import { LogProducer } from './log-producer.js';

/** After how long a request is given up that a broker has not answered: it may hang, or the way to it be cut. */
const REQUEST_TIMEOUT_MS = 5_000;
/** How long a broker may take to have a record on all replicas that are in sync. */
const ACK_TIMEOUT_MS = 10_000;

/** Makes clients of one Kafka cluster, all alike, and knows what things are called there. */
export class KafkaCluster {
  private readonly common;
  /** Few: topics and groups. */
  private readonly names = new Map<string, string>();

  /** @throws DomainError `settings.invalid` if no broker is named */
  constructor(
    readonly settings: KafkaSettings,
    service: string,
  ) {
    this.common = {
      clientId: `gnomon-${service}`,
      bootstrapBrokers: brokersOf(settings),
      // Each caller has its own way to wait and its own bounds; the client must not retry behind its back.
      retries: 0,
      requestTimeout: REQUEST_TIMEOUT_MS,
      ...accessOf(settings),
    };
  }

  /** What a topic or group of ours is called on the brokers. */
  nameOf(name: string): string {
    let known = this.names.get(name);
    if (known === undefined) this.names.set(name, (known = this.settings.prefix + name));
    return known;
  }

  admin(): Admin {
    return new Admin(this.common);
  }

  /** Idempotent, durable on all replicas that are in sync. */
  producer(): LogProducer {
    return new LogProducer({
      ...this.common,
      retries: 3,
      retryDelay: 100,
      timeout: ACK_TIMEOUT_MS,
      requestTimeout: ACK_TIMEOUT_MS + REQUEST_TIMEOUT_MS,
      idempotent: true,
      acks: -1,
      compression: this.settings.compression,
    });
  }

  /** A client that belongs to no group: for reading only. */
  reader(): LogConsumer {
    const { waitMs } = this.settings;
    const requestTimeout = waitMs + REQUEST_TIMEOUT_MS;
    return new LogConsumer({ ...this.common, requestTimeout, groupId: this.nameOf('reader'), maxWaitTime: waitMs });
  }

  member(group: string): Consumer {
    const { sessionMs, heartbeatMs } = this.settings;
    return new Consumer({
      ...this.common,
      groupId: this.nameOf(group),
      sessionTimeout: sessionMs,
      // No member needs time to finish: the positions in Postgres are the fence.
      rebalanceTimeout: sessionMs,
      // Who joins is answered when the others have, or when they are given up.
      requestTimeout: sessionMs + REQUEST_TIMEOUT_MS,
      heartbeatInterval: heartbeatMs,
      protocols: [{ name: 'cooperative-sticky', version: 3 }],
      partitionAssigner: assignByTopic,
      retries: 3,
      retryDelay: 100,
    });
  }
}

/** What a Kafka error is about. The client wraps them in "failed n times" and the like; the innermost one tells. */
export function reasonOf(error: unknown): string {
  if (error instanceof MultipleErrors && error.errors.length > 0) return reasonOf(error.errors.at(-1));
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors.at(-1));
  if (error instanceof AuthenticationError) return `the brokers refuse the log-in: ${error.message} ${LOGIN}`;
  const message = messageOf(error);
  const cause = error instanceof Error ? error.cause : undefined;
  return cause ? `${message} ${reasonOf(cause)}` : message;
}

const LOGIN = '(GNOMON_KAFKA_USERNAME, GNOMON_KAFKA_PASSWORD, GNOMON_KAFKA_MECHANISM)';
