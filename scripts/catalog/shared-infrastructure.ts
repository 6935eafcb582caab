import { readNames } from './name-list.js';

/**
 * The names that many services share, one a line with a word of why: no app may claim one of them, only what is below
 * one by an exact host, or a path on it.
 */
export function readSharedInfrastructure(data: string): ReadonlySet<string> {
  return readNames(data, 'shared-infrastructure.txt');
}
