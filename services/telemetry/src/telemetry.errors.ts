import { DomainError } from '#kernel';
import { LOG_FORMATS } from './domain/formats/formats.js';

const FORMAT_IDS = LOG_FORMATS.map((format) => format.id);
const FORMATS = LOG_FORMATS.map((format) => ({ id: format.id, title: format.title }));

export const unknownFormat = (asked?: string): DomainError =>
  new DomainError(
    'invalid',
    'telemetry.unknown-format',
    asked === undefined
      ? `The log format was not recognised. Tried: ${FORMAT_IDS.join(', ')}.`
      : `There is no log format of that name. There are: ${FORMAT_IDS.join(', ')}.`,
    { field: 'format', formats: FORMATS },
  );

export const fileTooLarge = (maxBytes: number): DomainError =>
  new DomainError('too-large', 'telemetry.file-too-large', `The file is larger than ${maxBytes} bytes.`, {
    field: 'body',
    maxBytes,
  });

export const uploadIdInvalid = (): DomainError =>
  new DomainError(
    'invalid',
    'telemetry.upload-id-invalid',
    'An upload id is 1 to 64 letters, digits, dots, dashes or underscores.',
    {
      field: 'id',
    },
  );

export const uploadIdReused = (): DomainError =>
  new DomainError('conflict', 'telemetry.upload-id-reused', 'Another file was uploaded with this id.', { field: 'id' });

export const batchMalformed = (reason: string, field = 'body'): DomainError =>
  new DomainError('invalid', 'telemetry.batch-malformed', `The batch cannot be read: ${reason}.`, { field });

export const batchTooLarge = (maxEvents: number): DomainError =>
  new DomainError('too-large', 'telemetry.batch-too-large', `A batch has at most ${maxEvents} events.`, {
    field: 'events',
    maxEvents,
  });

export const overloaded = (): DomainError =>
  new DomainError('overloaded', 'telemetry.overloaded', 'Too much is being received. Send it again later.', {
    retryAfterSeconds: 2,
  });

export const enrolmentRefused = (): DomainError =>
  new DomainError(
    'unauthenticated',
    'telemetry.enrolment-refused',
    'The enrolment secret is unknown, expired or revoked.',
    {
      field: 'secret',
    },
  );

export const fieldInvalid = (field: string, reason: string): DomainError =>
  new DomainError('invalid', 'telemetry.field-invalid', `${field}: ${reason}.`, { field });

export const tooManyDevices = (maxDevices: number): DomainError =>
  new DomainError('conflict', 'telemetry.too-many-devices', `There are ${maxDevices} devices already.`, { maxDevices });

export const tooManySecrets = (maxSecrets: number): DomainError =>
  new DomainError(
    'conflict',
    'telemetry.too-many-secrets',
    `There are ${maxSecrets} usable enrolment secrets already.`,
    { maxSecrets },
  );

export const credentialRefused = (): DomainError =>
  new DomainError('unauthenticated', 'telemetry.credential-refused', 'The device credential is wrong or revoked.');

export const deviceNotFound = (): DomainError =>
  new DomainError('not-found', 'telemetry.device-not-found', 'There is no such device.', { field: 'deviceId' });

export const secretNotFound = (): DomainError =>
  new DomainError('not-found', 'telemetry.secret-not-found', 'There is no such enrolment secret.', { field: 'id' });

export const appNotSeen = (): DomainError =>
  new DomainError('not-found', 'telemetry.app-not-seen', 'The app was never seen in the traffic.', { field: 'appId' });

export const cursorInvalid = (): DomainError =>
  new DomainError('invalid', 'telemetry.cursor-invalid', 'The cursor is not one of this list.', { field: 'after' });
