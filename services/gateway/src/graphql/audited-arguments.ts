import {
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  type GraphQLArgument,
  type GraphQLInputType,
} from 'graphql';
import { redactText } from '#kernel';

const MAX_TEXT = 1_000;
const MAX_ITEMS = 100;
const SECRET_NAME = /secret|token|password|credential/i;

/** Arguments of a mutation as its author wrote them, for the audit log: enums by name, without secrets, long texts cut. */
export function auditedArguments(
  declared: readonly GraphQLArgument[],
  args: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (const { name, type } of declared) {
    if (args[name] !== undefined) shown[name] = SECRET_NAME.test(name) ? '[redacted]' : show(type, args[name]);
  }
  return shown;
}

function show(type: GraphQLInputType, value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (isNonNullType(type)) return show(type.ofType, value);
  if (isListType(type)) return (value as unknown[]).slice(0, MAX_ITEMS).map((item) => show(type.ofType, item));
  if (isInputObjectType(type)) return auditedArguments(asArguments(type.getFields()), value as Record<string, unknown>);
  if (isEnumType(type)) return type.serialize(value);
  if (typeof value !== 'string') return type.serialize(value);
  const text = redactText(value);
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).replace(/\p{Cs}$/u, '')}…` : text;
}

function asArguments(fields: Readonly<Record<string, unknown>>): readonly GraphQLArgument[] {
  return Object.values(fields) as GraphQLArgument[];
}

const TARGET_NAMES = ['id', 'appId', 'deviceId', 'incidentId'];

/** The id of what a mutation acts on, where its arguments name one; else empty. */
export function targetOfArguments(args: Readonly<Record<string, unknown>>): string {
  const candidates = { ...(args['input'] as Record<string, unknown> | undefined), ...args };
  for (const name of TARGET_NAMES) {
    const value = candidates[name];
    if (typeof value === 'string') return value;
  }
  return '';
}

/** The id of what a mutation made, where its result shows one; else empty. */
export function targetOfResult(result: unknown): string {
  for (const value of Object.values((result ?? {}) as Record<string, unknown>)) {
    if (!value || typeof value !== 'object') continue;
    const { id, tokenId, tenantId } = value as Record<string, unknown>;
    const found = [id, tokenId, tenantId].find((each) => typeof each === 'string');
    if (found) return found;
  }
  return '';
}
