import type { KafkaCluster } from './kafka-cluster.js';
import type { LogMessage, LogProducer } from './log-producer.js';

/** Where the records of a partition begin that one call wrote. */
export interface Written {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * Writes records so that they are durable and, of each partition, in the order of the calls. One call at a time: the next
 * one waits. After a failure, which leaves open what was written, it begins anew with another producer.
 */
export class KafkaSender {
  private producer: LogProducer | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly cluster: KafkaCluster) {}

  send(messages: LogMessage[]): Promise<readonly Written[]> {
    const sent = this.last.then(() => this.sendNow(messages));
    this.last = sent.catch(() => undefined);
    return sent;
  }

  async close(): Promise<void> {
    await this.last;
    await this.forget();
  }

  private async sendNow(messages: LogMessage[]): Promise<readonly Written[]> {
    this.producer ??= this.cluster.producer();
    try {
      return (await this.producer.send({ messages })).offsets ?? [];
    } catch (error) {
      await this.forget();
      throw error;
    }
  }

  private async forget(): Promise<void> {
    const { producer } = this;
    this.producer = undefined;
    await producer?.close().catch(() => undefined);
  }
}
