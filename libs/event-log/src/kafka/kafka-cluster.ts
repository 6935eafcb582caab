import { Admin, Consumer, MultipleErrors, Producer, stringSerializer } from '@platformatic/kafka';
import { messageOf } from '#kernel';
import { brokersOf, type KafkaSettings } from './kafka.config.js';

export type LogProducer = Producer<Buffer, Buffer, string, string>;

/** Makes clients of one Kafka cluster, all alike, and knows what things are called there. */
export class KafkaCluster {
  private readonly common;

  /** @throws DomainError `settings.invalid` if no broker is named */
  constructor(
    readonly settings: KafkaSettings,
    service: string,
  ) {
    const { username, password, mechanism } = settings;
    this.common = {
      clientId: `gnomon-${service}`,
      bootstrapBrokers: brokersOf(settings),
      // Each caller has its own way to wait and its own bounds; the client must not retry behind its back.
      retries: 0,
      ...(username ? { sasl: { mechanism, username, password } } : {}),
      ...(settings.tls ? { tls: {} } : {}),
    };
  }

  /** What a topic or group of ours is called on the brokers. */
  nameOf(name: string): string {
    return this.settings.prefix + name;
  }

  admin(): Admin {
    return new Admin(this.common);
  }

  /** Idempotent, durable on all replicas that are in sync. */
  producer(): LogProducer {
    return new Producer<Buffer, Buffer, string, string>({
      ...this.common,
      retries: 3,
      retryDelay: 100,
      timeout: 10_000,
      idempotent: true,
      acks: -1,
      compression: this.settings.compression,
      serializers: { headerKey: stringSerializer, headerValue: stringSerializer },
    });
  }

  /** A client that belongs to no group: for reading only. */
  reader(): Consumer {
    return new Consumer({ ...this.common, groupId: this.nameOf('reader'), maxWaitTime: this.settings.waitMs });
  }

  member(group: string): Consumer {
    const { sessionMs, heartbeatMs } = this.settings;
    return new Consumer({
      ...this.common,
      groupId: this.nameOf(group),
      sessionTimeout: sessionMs,
      // No member needs time to finish: the positions in Postgres are the fence.
      rebalanceTimeout: sessionMs,
      heartbeatInterval: heartbeatMs,
      protocols: [{ name: 'cooperative-sticky', version: 3 }],
      retries: 3,
      retryDelay: 100,
    });
  }
}

/** What a Kafka error is about. The client wraps them in "failed n times" and the like; the innermost one tells. */
export function reasonOf(error: unknown): string {
  if (error instanceof MultipleErrors && error.errors.length > 0) return reasonOf(error.errors.at(-1));
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors.at(-1));
  if (error instanceof Error && error.cause instanceof Error) return `${error.message} ${reasonOf(error.cause)}`;
  return messageOf(error);
}
