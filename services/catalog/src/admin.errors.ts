import { DomainError } from '#kernel';

export const tooManyNotes = (limit: number) =>
  new DomainError('conflict', 'catalog.too-many-notes', `An app has at most ${limit} notes.`, { limit });

export const noteNotFound = () =>
  new DomainError('not-found', 'catalog.note-not-found', 'There is no such note.', { field: 'id' });

export const labelNotFound = (field: string) =>
  new DomainError('not-found', 'catalog.label-not-found', 'There is no such label.', { field });

export const labelNameTaken = () =>
  new DomainError('conflict', 'catalog.label-name-taken', 'There is a label of that name already.', { field: 'name' });

export const tooManyLabels = (limit: number) =>
  new DomainError('conflict', 'catalog.too-many-labels', `An organisation has at most ${limit} labels.`, { limit });

export const tooManyLabelsOfApp = (appId: string, field: string, limit: number) =>
  new DomainError('conflict', 'catalog.too-many-labels-of-app', `An app carries at most ${limit} labels.`, {
    field,
    limit,
    appId,
  });

export const labelInUse = (apps: number, limit: number) =>
  new DomainError(
    'conflict',
    'catalog.label-in-use',
    `${apps} apps carry the label. Take it off first until at most ${limit} do.`,
    { field: 'id', limit },
  );

/** Of several apps that are named, one is not there. */
export const namedAppNotFound = (field: string, appId: string) =>
  new DomainError('not-found', 'catalog.app-not-found', 'There is no such app.', { field, appId });

export const hostTaken = (host: string, appId: string, appName: string) =>
  new DomainError('conflict', 'catalog.rule-taken', `${host} belongs to ${appName} already.`, { field: 'host', appId });

export const tooManyAssignments = (limit: number, of: string) =>
  new DomainError('conflict', 'catalog.too-many-assigned-hosts', `At most ${limit} hosts can be assigned ${of}.`, {
    limit,
  });

export const hostNotAssigned = () =>
  new DomainError('not-found', 'catalog.host-not-assigned', 'The host was not assigned to an app.', { field: 'host' });

export const tooManyDismissed = (limit: number) =>
  new DomainError('conflict', 'catalog.too-many-dismissed-hosts', `At most ${limit} hosts can be dismissed.`, {
    limit,
  });

export const hostNotDismissed = () =>
  new DomainError('not-found', 'catalog.host-not-dismissed', 'The host was not dismissed.', { field: 'host' });
