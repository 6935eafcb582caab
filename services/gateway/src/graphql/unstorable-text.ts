import { defaultFieldResolver, type GraphQLField } from 'graphql';
import { DomainError } from '#kernel';

const UNSTORABLE = /[\0\p{Cs}]/u;

/** A text that no database column and no log line can hold. */
const textUnstorable = (field: string): DomainError =>
  new DomainError('invalid', 'argument.text-invalid', 'The text holds a NUL character or half a surrogate pair.', {
    field,
  });

/** Refuses a field's arguments that hold NUL characters or lone surrogates, which Postgres cannot store. */
export function refuseUnstorableText(field: GraphQLField<unknown, unknown>): void {
  const check = (args: unknown): void => {
    const path = findUnstorable(args, []);
    if (path) throw textUnstorable(path.join('.'));
  };
  const { resolve = defaultFieldResolver, subscribe } = field;
  if (subscribe) {
    field.subscribe = (root, args, context, info) => {
      check(args);
      return subscribe(root, args, context, info);
    };
  } else {
    field.resolve = (root, args, context, info) => {
      check(args);
      return resolve(root, args, context, info);
    };
  }
}

/** The path of the first text that cannot be stored. */
function findUnstorable(value: unknown, path: readonly string[]): readonly string[] | undefined {
  if (typeof value === 'string') return UNSTORABLE.test(value) ? path : undefined;
  if (!value || typeof value !== 'object' || value instanceof Date) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = findUnstorable(member, [...path, key]);
    if (found) return found;
  }
  return undefined;
}
