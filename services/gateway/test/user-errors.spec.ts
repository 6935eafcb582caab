import { describe, expect, it } from '@jest/globals';
import { DomainError } from '#kernel';
import { userError } from '../src/graphql/user-errors.js';

const invalid = (field?: string) =>
  new DomainError('invalid', 'policy.wrong', 'Wrong.', field === undefined ? {} : { field });

describe('userError', () => {
  it.each([
    [undefined, { id: 'x' }, []],
    ['id', { id: 'x' }, ['id']],
    ['name', { input: { name: '' } }, ['input', 'name']],
    ['policy.filter.max_score', { input: { filter: {} } }, ['input', 'filter', 'maxScore']],
    ['filter.maxScore', { id: 'x', input: { filter: {} } }, ['input', 'filter', 'maxScore']],
    ['domains[2]', { input: { domains: [] } }, ['input', 'domains', '2']],
    ['id', { incidentId: 'x', text: '' }, ['incidentId']],
    ['app_id', { appId: 'x' }, ['appId']],
    ['reason', { input: { appId: 'x' } }, ['input', 'reason']],
  ])('%s of %j is at %j', (field, args, path) => {
    expect(userError(invalid(field), args)).toMatchObject({ __typename: 'InvalidInput', path });
  });

  it('only what is about the input is data', () => {
    const kinds = [
      'invalid',
      'not-found',
      'conflict',
      'unauthenticated',
      'forbidden',
      'too-large',
      'overloaded',
      'unavailable',
    ] as const;
    const types = kinds.map((kind) => userError(new DomainError(kind, 'x.y', 'm'), {})?.__typename);
    expect(types).toEqual([
      'InvalidInput',
      'NotFound',
      'Conflict',
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
