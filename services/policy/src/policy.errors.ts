import { DomainError } from '#kernel';
import type { Problem } from './domain/validation.js';

export const policyNotFound = (id: string) =>
  new DomainError('not-found', 'policy.not-found', 'There is no such policy.', { field: 'id', id });

export const appNotFound = (appId: string) =>
  new DomainError('not-found', 'policy.app-not-found', 'There is no such app in the catalog.', {
    field: 'appId',
    appId,
  });

export const nameTaken = (name: string) =>
  new DomainError('conflict', 'policy.name-taken', `There is a policy named “${name}” already.`, { field: 'name' });

export const versionConflict = (current: bigint) =>
  new DomainError('conflict', 'policy.version-conflict', 'The policy was changed by somebody else in the meantime.', {
    field: 'version',
    currentVersion: current.toString(),
  });

export const tooManyPolicies = (limit: number) =>
  new DomainError('conflict', 'policy.too-many', `A tenant may have at most ${limit} policies.`, { limit });

/** `policy.name-invalid`, `policy.score-range-invalid`, `policy.filter-empty`, … : one code for each kind of problem. */
export function invalidPolicy({ code, field, message }: Problem): DomainError {
  return new DomainError(
    'invalid',
    code === 'filter-empty' ? 'policy.filter-empty' : `policy.${code}-invalid`,
    message,
    {
      field,
    },
  );
}

export const invalidTag = () =>
  new DomainError('invalid', 'policy.tag-invalid', 'That is not a known tag.', { field: 'tag' });

export const invalidReason = (limit: number) =>
  new DomainError('invalid', 'policy.reason-invalid', `The reason may have at most ${limit} characters of text.`, {
    field: 'reason',
  });

export const invalidPage = (field: 'first' | 'after', message: string) =>
  new DomainError('invalid', 'policy.page-invalid', message, { field });

export const tooManyIds = (field: string, limit: number) =>
  new DomainError('invalid', 'policy.too-many-ids', `At most ${limit} ids can be asked for at once.`, { field, limit });
