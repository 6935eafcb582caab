import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  defaultFieldResolver,
  getNamedType,
  isEnumType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import { OWN_ENUMS, PROTO_ENUMS } from './enums.js';
import { CalendarDate, DateTime, Json, Long } from './scalars.js';
import { refuseUnstorableText } from './unstorable-text.js';

const DIRECTORY = join(import.meta.dirname, '..', 'schema');

/** The schema as it is written: one file a noun. */
export function readTypeDefs(): string {
  const files = readdirSync(DIRECTORY).filter((file) => file.endsWith('.graphql'));
  return files
    .sort()
    .map((file) => readFileSync(join(DIRECTORY, file), 'utf8'))
    .join('\n');
}

/** What the schema needs beside the resolver classes. */
export const BASE_RESOLVERS = { ...PROTO_ENUMS, ...OWN_ENUMS, DateTime, Date: CalendarDate, Long, JSON: Json };

/** Adds to every field what holds for all of them. */
export function finishSchema(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__')) continue;
    // A scalar of ours takes the place of the declared one, without its description.
    type.description ??= type.astNode?.description?.value;
    // Objects of unions and interfaces carry the name of their type.
    if (isUnionType(type) || isInterfaceType(type))
      type.resolveType = (value: { __typename: string }) => value.__typename;
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.args.length > 0) refuseUnstorableText(field);
      if (!isNonNullType(field.type)) showAbsenceAsNull(field);
    }
  }
  return schema;
}

/** What is absent in proto3 is an empty text or the unspecified value of an enum; in GraphQL it is null. */
function showAbsenceAsNull(field: GraphQLField<unknown, unknown>): void {
  const type = getNamedType(field.type);
  if (!isLeafType(type) || isListType(field.type) || type.name === 'JSON') return;
  const absent = isEnumType(type) ? 0 : '';
  if (isEnumType(type) && type.getValues().some((value) => value.value === 0)) return;
  const resolve = field.resolve ?? defaultFieldResolver;
  const orNull = (value: unknown): unknown => (value === absent ? null : value);
  field.resolve = (...args) => {
    const value = resolve(...args);
    return value instanceof Promise ? value.then(orNull) : orNull(value);
  };
}
