import { DomainError } from '#kernel';
import type { UpdateProblem } from './domain/incident-update.js';

export const incidentNotFound = (id: string) =>
  new DomainError('not-found', 'correlator.incident-not-found', 'There is no such incident.', { field: 'id', id });

export const incidentRedirected = (redirectIncidentId: string) =>
  new DomainError(
    'conflict',
    'correlator.incident-redirected',
    'This incident has been merged into another one: change that one.',
    { field: 'id', redirectIncidentId },
  );

export const versionConflict = (current: bigint) =>
  new DomainError('conflict', 'correlator.version-conflict', 'The incident was changed in the meantime.', {
    field: 'version',
    currentVersion: current.toString(),
  });

/** `correlator.status-invalid`, `correlator.assignee-invalid`, … : one code for each field. */
export const invalidUpdate = ({ field, message }: UpdateProblem) =>
  new DomainError('invalid', `correlator.${field}-invalid`, message, { field });

export const invalidComment = (limit: number) =>
  new DomainError('invalid', 'correlator.comment-invalid', `A comment must have 1 to ${limit} characters of text.`, {
    field: 'text',
  });

export const invalidPage = (field: 'first' | 'after', message: string) =>
  new DomainError('invalid', 'correlator.page-invalid', message, { field });

export const invalidFilter = (field: string) =>
  new DomainError('invalid', 'correlator.filter-invalid', 'That is not a value to filter by.', { field });

export const tooManyIds = (field: string, limit: number) =>
  new DomainError('invalid', 'correlator.too-many-ids', `At most ${limit} ids can be asked for at once.`, {
    field,
    limit,
  });
