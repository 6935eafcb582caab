import { defineJob, type JobContext, type JobKind, type Schedule } from './job.js';

const MARKS = Symbol('jobs');

interface Mark {
  readonly kind: JobKind<unknown>;
  readonly method: string;
  readonly schedule?: Schedule;
}

/** A method that does a kind of job, and when, if it is scheduled. */
export interface JobHandler {
  readonly kind: JobKind<unknown>;
  readonly schedule?: Schedule;
  readonly run: (data: unknown, context: JobContext) => Promise<void>;
}

type JobMethod<Data> = (data: Data, context: JobContext) => Promise<void>;
type ScheduledMethod = () => Promise<void>;

/** Marks the method that does a kind of job. */
export function DoesJob<Data>(kind: JobKind<Data>) {
  return <M extends JobMethod<Data>>(target: object, method: string, _descriptor: TypedPropertyDescriptor<M>): void => {
    mark(target, { kind, method });
  };
}

/**
 * Marks a method that runs on a schedule: once each time in the whole system, however many processes there are. A time
 * that passes while nothing runs is not made up for.
 *
 * @param name unique within the service
 */
export function Every(name: string, schedule: Schedule) {
  // The next time comes soon enough: it is not tried again before.
  const kind = defineJob<unknown>(name, { attempts: 1 });
  return <M extends ScheduledMethod>(target: object, method: string, _descriptor: TypedPropertyDescriptor<M>): void => {
    mark(target, { kind, method, schedule });
  };
}

/** What the methods of an object are marked as. @throws Error if none is marked, or two have one name. */
export function jobHandlersOf(instance: object): JobHandler[] {
  const marks = marksOf(instance);
  if (marks.length === 0) throw new Error(`${instance.constructor.name} has no method marked @DoesJob or @Every.`);
  return marks.map(({ kind, method, schedule }) => {
    const run = (instance as Record<string, JobHandler['run']>)[method]!.bind(instance);
    return schedule ? { kind, schedule, run: () => run(undefined, undefined as never) } : { kind, run };
  });
}

function mark(target: object, added: Mark): void {
  Reflect.defineMetadata(MARKS, [...marksOf(target), added], target);
}

function marksOf(target: object): readonly Mark[] {
  return (Reflect.getMetadata(MARKS, target) ?? []) as readonly Mark[];
}
