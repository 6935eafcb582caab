import type { DomainError, ErrorKind } from '#kernel';

/** The value of a union member that implements `UserError`. */
export interface UserErrorValue {
  readonly __typename: 'InvalidInput' | 'NotFound' | 'Conflict';
  readonly message: string;
  readonly code: string;
  readonly path: readonly string[];
}

/** Which expected failures are data. The others are not about the input and belong to `errors` of the response. */
const TYPES: Partial<Record<ErrorKind, UserErrorValue['__typename']>> = {
  invalid: 'InvalidInput',
  'not-found': 'NotFound',
  conflict: 'Conflict',
};

/** An expected failure of a mutation as data; undefined where it is not one. */
export function userError(error: DomainError, args: Readonly<Record<string, unknown>>): UserErrorValue | undefined {
  const type = TYPES[error.kind];
  if (!type) return undefined;
  return { __typename: type, message: error.message, code: error.code, path: pathOf(error.details.field, args) };
}

/** Services name fields of their contract; clients know the arguments of the mutation. */
function pathOf(field: string | undefined, args: Readonly<Record<string, unknown>>): string[] {
  if (!field) return [];
  const parts = field
    .split(/[.[\]]+/)
    .filter((part) => part !== '')
    .map(camelCase);
  const [first] = parts;
  if (first === undefined || Object.hasOwn(args, first)) return parts;
  const { input } = args;
  if (!input || typeof input !== 'object') {
    // The `id` of a contract may have a longer name where it is an argument of its own.
    const named = first === 'id' ? Object.keys(args).find((name) => name.endsWith('Id')) : undefined;
    return named === undefined ? parts : [named, ...parts.slice(1)];
  }
  // `policy.filter.maxScore` of a contract is `filter.maxScore` of the input.
  if (!Object.hasOwn(input, first) && parts.length > 1 && Object.hasOwn(input, parts[1]!))
    return ['input', ...parts.slice(1)];
  return ['input', ...parts];
}

function camelCase(part: string): string {
  return part.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}
