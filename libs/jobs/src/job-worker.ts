import type { Provider, Type } from '@nestjs/common';
import type { BullJobs } from './bull-jobs.js';
import { Jobs } from './jobs.js';
import { jobHandlersOf } from './marks.js';

/** The providers that bind a class of `@DoesJob` and `@Every` methods to the service's jobs. */
export function jobWorker(handlers: Type<object>): Provider[] {
  return [
    handlers,
    {
      provide: Symbol(`jobs ${handlers.name}`),
      inject: [Jobs, handlers],
      useFactory: (jobs: BullJobs, instance: object) => jobs.handle(jobHandlersOf(instance)),
    },
  ];
}
