import { DomainError } from '#kernel';

export const groupNotFound = (group: string): DomainError =>
  new DomainError('not-found', 'blocklist.group-not-found', `There is no device group "${group}".`, { field: 'group' });

export const foreignGroup = (): DomainError =>
  new DomainError('forbidden', 'blocklist.foreign-group', 'A device may read the list of its own group only.', {
    field: 'group',
  });

export const waitInvalid = (): DomainError =>
  new DomainError('invalid', 'blocklist.wait-invalid', 'wait must be a whole number of seconds from 0 to 60.', {
    field: 'wait',
  });

export const actionInvalid = (): DomainError =>
  new DomainError('invalid', 'blocklist.action-invalid', 'action must be block, warn or all.', { field: 'action' });

export const reportInvalid = (field: string, reason: string): DomainError =>
  new DomainError('invalid', 'blocklist.report-invalid', `The report is not valid: ${field}: ${reason}.`, { field });

export const revisionNotPublished = (revision: bigint, current: bigint): DomainError =>
  new DomainError(
    'invalid',
    'blocklist.revision-not-published',
    `Revision ${revision} of this device’s list was never published; the newest one is ${current}.`,
    { field: 'revision' },
  );

export const reportsOverloaded = (): DomainError =>
  new DomainError('overloaded', 'blocklist.reports-overloaded', 'Too many reports wait to be written.', {
    field: 'body',
    retryAfterSeconds: 2,
  });

export const pageInvalid = (field: string, reason: string): DomainError =>
  new DomainError('invalid', 'blocklist.page-invalid', `${field} ${reason}.`, { field });

export const tooManyIds = (most: number): DomainError =>
  new DomainError('invalid', 'blocklist.too-many-ids', `At most ${most} device ids can be asked for at a time.`, {
    field: 'deviceIds',
  });
