import { DomainError } from '#kernel';

export const weightsChanged = (version: string) =>
  new DomainError(
    'conflict',
    'catalog.weights-changed',
    'The weights were changed meanwhile. Look at them again before you change them.',
    { field: 'version', version },
  );

export const rescoreNotFound = () =>
  new DomainError('not-found', 'catalog.rescore-not-found', 'There is no such work on scores.', { field: 'version' });
