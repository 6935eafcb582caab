import { getPublicSuffix } from 'tldts';

const MAX_LENGTH = 253;
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** A host name as rules hold it: lower case, no trailing dot. Undefined where the text cannot be one. */
export function normaliseHost(text: string): string | undefined {
  const name = text.trim().toLowerCase().replace(/\.$/, '');
  if (name === '' || name.length > MAX_LENGTH) return undefined;
  return name.split('.').every((label) => LABEL.test(label)) ? name : undefined;
}

/** The names above a name, nearest first: `a.b.c` → `b.c`, `c`. */
export function* ancestors(name: string): Generator<string> {
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) yield name.slice(dot + 1);
}

/**
 * Whether a name is shared by sites that have nothing to do with each other: a single label, or a public suffix of
 * either part of the Public Suffix List (`co.uk`, `github.io`).
 */
export function isPublicSuffix(name: string): boolean {
  return !name.includes('.') || getPublicSuffix(name, { allowPrivateDomains: true }) === name;
}
