import { DomainError } from '#kernel';

export const appNotFound = (appId: string) =>
  new DomainError('not-found', 'catalog.app-not-found', 'There is no such app.', { field: 'appId', appId });

export const notACustomApp = () =>
  new DomainError('not-found', 'catalog.not-a-custom-app', 'Only an app that you added yourself can be deleted.', {
    field: 'appId',
  });

export const notAChangeableApp = () =>
  new DomainError('not-found', 'catalog.not-a-custom-app', 'Only an app that you added yourself can be changed.', {
    field: 'appId',
  });

/** `catalog.name-invalid`, `catalog.domain-invalid`, `catalog.score-invalid`, … : one code for each field. */
export const invalidField = (subject: string, field: string, message: string) =>
  new DomainError('invalid', `catalog.${subject}-invalid`, message, { field });

export const ruleTaken = (rule: string, field: string, appId: string, appName: string) =>
  new DomainError('conflict', 'catalog.rule-taken', `${rule} belongs to ${appName} already.`, { field, rule, appId });

export const tooManyCustomApps = (limit: number) =>
  new DomainError('conflict', 'catalog.too-many-custom-apps', `A tenant may add at most ${limit} apps.`, { limit });

export const tooManyOverrides = (limit: number) =>
  new DomainError('conflict', 'catalog.too-many-overrides', `A tenant may set the score of at most ${limit} apps.`, {
    limit,
  });

export const savedQueryNotFound = () =>
  new DomainError('not-found', 'catalog.saved-query-not-found', 'There is no such saved query.', { field: 'id' });

export const queryNameTaken = (name: string) =>
  new DomainError('conflict', 'catalog.query-name-taken', `There is a saved query "${name}" already.`, {
    field: 'name',
  });

export const tooManySavedQueries = (limit: number) =>
  new DomainError('conflict', 'catalog.too-many-saved-queries', `A tenant may save at most ${limit} queries.`, {
    limit,
  });

export const tooMany = (field: string, limit: number) =>
  new DomainError('invalid', 'catalog.too-many', `At most ${limit} can be asked for at once.`, { field, limit });
