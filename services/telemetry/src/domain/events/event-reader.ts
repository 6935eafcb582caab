import { UsageAction, UsageEventKind, type UsageEvent } from '#contracts';
import { HOST_PROBLEMS, pathOf, readHost } from './host.js';
import type { Observation } from './observation.js';
import { hasControls, wellFormed, MAX_BYTES, MAX_PATH, MAX_PROCESS, MAX_USER, readAddress, readBytes } from './text.js';
import { anyMicros, timeProblem, type TimeBounds } from './time.js';

/** Why an event is not accepted, and where it is wrong. */
export interface Rejection {
  /** The field as it is called in JSON. */
  readonly field: string;
  readonly reason: string;
}

export type EventResult = Observation | Rejection;

export function isRejection(result: EventResult): result is Rejection {
  return 'reason' in result;
}

/** What an event says before it is checked; absent is empty or 0. */
interface Draft {
  readonly timeMicros: number;
  readonly kind: UsageEventKind;
  readonly host: string;
  readonly path: string;
  readonly user: string;
  readonly sourceIp: string;
  readonly bytesUp: number | string | bigint;
  readonly bytesDown: number | string | bigint;
  readonly action: UsageAction;
  readonly process: string;
  readonly bundleId: string;
}

const KINDS: ReadonlyMap<unknown, UsageEventKind> = namesOf(UsageEventKind, 'USAGE_EVENT_KIND_');
const ACTIONS: ReadonlyMap<unknown, UsageAction> = namesOf(UsageAction, 'USAGE_ACTION_');
const NOT_TEXT = 'not a text';
const NOT_KIND = 'not one of network, dns, process';
const NOT_ACTION = 'not one of allowed, blocked, warned, bypassed';
type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads one event of a JSON batch or of a JSON lines file: the fields of UsageEvent in camelCase or snake_case.
 * `kind` and `action` are `network`, `blocked`, … or the names of the enums; `time` is RFC 3339, or a number of seconds
 * or milliseconds since 1970. Unknown fields are passed over.
 */
export function readJsonEvent(value: unknown, bounds: TimeBounds): EventResult {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { field: '', reason: 'not an object' };
  const fields = value as Fields;
  const time = fields['time'] ?? '';
  const host = fields['host'] ?? '';
  const path = fields['path'] ?? '';
  const user = fields['user'] ?? '';
  const process = fields['process'] ?? '';
  const sourceIp = fields['sourceIp'] ?? fields['source_ip'] ?? '';
  const bundleId = fields['bundleId'] ?? fields['bundle_id'] ?? '';
  if (time === '') return { field: 'time', reason: 'missing' };
  if (typeof host !== 'string') return { field: 'host', reason: NOT_TEXT };
  if (typeof path !== 'string') return { field: 'path', reason: NOT_TEXT };
  if (typeof user !== 'string') return { field: 'user', reason: NOT_TEXT };
  if (typeof sourceIp !== 'string') return { field: 'sourceIp', reason: NOT_TEXT };
  if (typeof process !== 'string') return { field: 'process', reason: NOT_TEXT };
  if (typeof bundleId !== 'string') return { field: 'bundleId', reason: NOT_TEXT };
  const kind = enumOf(KINDS, fields['kind'], host === '' ? UsageEventKind.PROCESS : UsageEventKind.NETWORK);
  if (kind === undefined) return { field: 'kind', reason: NOT_KIND };
  const action = enumOf(ACTIONS, fields['action'], UsageAction.ALLOWED);
  if (action === undefined) return { field: 'action', reason: NOT_ACTION };
  const timeMicros = anyMicros(time);
  const bytesUp = countOf(fields['bytesUp'] ?? fields['bytes_up']);
  const bytesDown = countOf(fields['bytesDown'] ?? fields['bytes_down']);
  return check({ timeMicros, kind, host, path, user, sourceIp, bytesUp, bytesDown, action, process, bundleId }, bounds);
}

/** Checks an event that arrived as protobuf. */
export function readProtoEvent(event: UsageEvent, bounds: TimeBounds): EventResult {
  if (!event.time) return { field: 'time', reason: 'missing' };
  const kind = event.kind || (event.host === '' ? UsageEventKind.PROCESS : UsageEventKind.NETWORK);
  if (!(kind in UsageEventKind)) return { field: 'kind', reason: NOT_KIND };
  const action = event.action || UsageAction.ALLOWED;
  if (!(action in UsageAction)) return { field: 'action', reason: NOT_ACTION };
  const timeMicros = Number(event.time.seconds) * 1e6 + Math.floor(event.time.nanos / 1000);
  return check(
    {
      timeMicros,
      kind,
      action,
      host: event.host,
      path: event.path,
      user: event.user,
      sourceIp: event.sourceIp,
      bytesUp: event.bytesUp,
      bytesDown: event.bytesDown,
      process: event.process,
      bundleId: event.bundleId,
    },
    bounds,
  );
}

function check(draft: Draft, bounds: TimeBounds): EventResult {
  const late = timeProblem(draft.timeMicros, bounds);
  if (late) return { field: 'time', reason: late };
  let host = '';
  if (draft.kind !== UsageEventKind.PROCESS) {
    const read = readHost(draft.host);
    if (read.problem) return { field: 'host', reason: HOST_PROBLEMS[read.problem] };
    host = read.host;
  } else if (draft.process === '' && draft.bundleId === '') {
    return { field: 'process', reason: 'missing' };
  }
  const user = draft.user.trim();
  if (user.length > MAX_USER) return { field: 'user', reason: `longer than ${MAX_USER} characters` };
  if (hasControls(user)) return { field: 'user', reason: 'has control characters' };
  const sourceIp = draft.sourceIp === '' ? '' : readAddress(draft.sourceIp);
  if (sourceIp === undefined) return { field: 'sourceIp', reason: 'not an IP address' };
  for (const field of ['process', 'bundleId'] as const) {
    if (draft[field].length > MAX_PROCESS) return { field, reason: `longer than ${MAX_PROCESS} characters` };
  }
  const bytesUp = readBytes(draft.bytesUp);
  if (bytesUp === undefined) return { field: 'bytesUp', reason: BYTES_REASON };
  const bytesDown = readBytes(draft.bytesDown);
  if (bytesDown === undefined) return { field: 'bytesDown', reason: BYTES_REASON };
  return {
    timeMicros: draft.timeMicros,
    kind: draft.kind,
    host,
    path: pathOf(draft.path).slice(0, MAX_PATH),
    user: wellFormed(user),
    sourceIp,
    bytesUp,
    bytesDown,
    action: draft.action,
    process: draft.process,
    bundleId: draft.bundleId,
  };
}

const BYTES_REASON = `not a whole number from 0 to ${MAX_BYTES}`;

/** A number or text as it is, absent as 0, and anything else as a text that is no number. */
function countOf(value: unknown): number | string {
  if (value === undefined || value === null) return 0;
  return typeof value === 'number' || typeof value === 'string' ? value : 'not a number';
}

function enumOf<E extends number>(names: ReadonlyMap<unknown, E>, value: unknown, absent: E): E | undefined {
  if (value === undefined || value === null || value === '' || value === 0) return absent;
  return names.get(value) ?? (typeof value === 'string' ? names.get(value.toLowerCase()) : undefined);
}

/** Every spelling of an enum's values: short name, full name and number, but for the value 0. */
function namesOf<E extends number>(type: Record<string, string | number>, prefix: string): Map<unknown, E> {
  const names = new Map<unknown, E>();
  for (const [name, value] of Object.entries(type)) {
    if (typeof value !== 'number' || value === 0) continue;
    names.set(name.toLowerCase(), value as E);
    names.set((prefix + name).toLowerCase(), value as E);
    names.set(value, value as E);
  }
  return names;
}
