import { describe, expect, it } from '@jest/globals';
import { getOperationAST, parse } from 'graphql';
import { costOf } from '../src/graphql/cost.js';

function cost(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  return costOf({ document, operation: getOperationAST(document)!, variables });
}

describe('costOf', () => {
  it.each([
    ['{ me { id name } }', 3],
    ['{ apps(first: 10) { totalCount edges { node { id } } } }', 1 + 10 * 4],
    [
      '{ apps(first: 100) { edges { node { id matches(first: 100) { edges { node { id } } } } } } }',
      1 + 100 * (1 + 1 + 1 + 1 + 100 * 3),
    ],
    ['{ ...a } fragment a on Query { me { ...b ...b } } fragment b on Me { id name }', 5],
    ['{ ... on Query { me { id } } }', 2],
    ['{ apps(first: -5) { totalCount } }', 2],
  ])('%s', (text, expected) => {
    expect(cost(text)).toBe(expected);
  });

  it('sees a page size that comes as a variable', () => {
    const text = 'query($n: Int!) { apps(first: $n) { totalCount } }';
    expect(cost(text, { n: 50 })).toBe(51);
    expect(cost(text, {})).toBe(101);
    expect(cost(text, { n: 'x' })).toBe(101);
  });

  it('is quick with fragments that spread each other', () => {
    const fragments = Array.from({ length: 60 }, (_, n) => `fragment f${n} on Me { ...f${n + 1} ...f${n + 1} }`);
    const text = `{ me { ...f0 } } ${fragments.join(' ')} fragment f60 on Me { id }`;
    expect(cost(text)).toBeGreaterThan(1e15);
  });
});
