import type { BeforeApplicationShutdown, OnApplicationBootstrap, Provider, Type } from '@nestjs/common';
import type { Consumption } from './consuming/subscription.js';
import { EventLog } from './event-log.js';
import { handlersOf } from './on.js';

export interface ConsumerOptions {
  /** The consumer group; its position is kept under this name. Usually the service's. */
  readonly group: string;
  /** Where to begin when there is no position yet: `earliest`, the default, or `latest`. */
  readonly from?: 'earliest' | 'latest';
}

/**
 * The providers that bind a class of `@On` and `@OnBatch` methods to the event log: one subscription over all topics they
 * name. It starts when the application is up, and finishes what it is at when the application stops.
 */
export function consumer(handlers: Type<object>, options: ConsumerOptions): Provider[] {
  return [
    handlers,
    {
      provide: Symbol(`consumer ${options.group}`),
      inject: [EventLog, handlers],
      useFactory: (log: EventLog, instance: object) => new ConsumerLifecycle(log, instance, options),
    },
  ];
}

class ConsumerLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly handlers;
  private consumption: Consumption | undefined;

  constructor(
    private readonly log: EventLog,
    instance: object,
    private readonly options: ConsumerOptions,
  ) {
    this.handlers = handlersOf(instance);
  }

  onApplicationBootstrap(): void {
    this.consumption = this.log.consume({ ...this.options, handlers: this.handlers });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.consumption?.stop();
  }
}
