import { DomainError } from '#kernel';

/** An event or topic is declared or used in a way that can never work: a defect, found when the process starts. */
export class EventDefinitionError extends Error {
  override readonly name = 'EventDefinitionError';
}

/** The record is not what its type says: no retry will help. */
export class UndecodableRecordError extends Error {
  override readonly name = 'UndecodableRecordError';
}

/** A topic was deleted and made anew: its offsets begin again, so positions from before mean nothing in it. */
export class TopicReplacedError extends Error {
  override readonly name = 'TopicReplacedError';

  constructor(readonly topic: string) {
    super(`Topic "${topic}" is not the one that has been read so far: it was deleted and made anew.`);
  }
}

/** The cursor was not made by `encodeCursor`, or names other topics or positions than this log has. */
export const cursorInvalid = (reason: string): DomainError =>
  new DomainError('invalid', 'event-log.cursor-invalid', `The cursor is not valid: ${reason}.`, { field: 'cursor' });

/** Records after the cursor have been removed by retention: whoever resumes there would miss some. */
export const cursorExpired = (topic: string): DomainError =>
  new DomainError(
    'invalid',
    'event-log.cursor-expired',
    `The cursor is older than what topic "${topic}" still holds.`,
    {
      field: 'cursor',
      topic,
    },
  );

/** More is waiting to be published than the process may hold. */
export const publishOverloaded = (): DomainError =>
  new DomainError('overloaded', 'event-log.overloaded', 'The event log cannot take more at the moment.', {
    retryAfterSeconds: 1,
  });

/** A topic is full of records that a consumer group of its owner has not applied yet. */
export const consumersBehind = (topic: string): DomainError =>
  new DomainError(
    'overloaded',
    'event-log.consumers-behind',
    `Topic "${topic}" takes no more until it is caught up with.`,
    {
      retryAfterSeconds: 5,
      topic,
    },
  );

/** The log cannot be written now; whether the record was written is not known. */
export const publishUnavailable = (): DomainError =>
  new DomainError('unavailable', 'event-log.unavailable', 'The event log cannot be written at the moment.', {
    retryAfterSeconds: 2,
  });

/** One record is larger than the log takes. */
export const recordTooLarge = (type: string, bytes: number, maxBytes: number): DomainError =>
  new DomainError(
    'too-large',
    'event-log.record-too-large',
    `An event ${type} of ${bytes} bytes is over the limit of ${maxBytes}.`,
  );
