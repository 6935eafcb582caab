import { UsageAction, UsageEventKind } from '#contracts';
import { HOST_PROBLEMS, pathOf, readHost, splitUrl } from '../events/host.js';
import { cleaned, MAX_PATH, MAX_USER, readAddress, readBytes } from '../events/text.js';
import { anyMicros, timeProblem, type TimeBounds } from '../events/time.js';
import type { LineResult } from './log-format.js';

/** One row of a Zeek log, however it was written. Absent and unset fields are empty. */
export interface ZeekRow {
  get(field: string): string;
}

/**
 * What a row of a Zeek log says, by the log's path: a row of `ssl` is a transaction with its server name, one of `dns` a
 * look-up of its query by the client, one of `http` a request to its host. Other logs name no host, or hosts that one
 * of these three names as well.
 */
export function readZeekRow(path: string, row: ZeekRow, bounds: TimeBounds): LineResult {
  switch (path) {
    case 'ssl':
      return observe(row, UsageEventKind.NETWORK, 'server_name', row.get('server_name'), bounds);
    case 'dns':
      return observe(row, UsageEventKind.DNS, 'query', row.get('query'), bounds);
    case 'http':
      return observeRequest(row, bounds);
    case 'conn':
      return { skip: 'Zeek conn log: names no host' };
    case 'quic':
      return { skip: 'Zeek quic log: its names are in the ssl log' };
    default:
      return { skip: 'Zeek log other than ssl, dns and http' };
  }
}

/** The log that a row with these fields belongs to, where nothing names it; empty = cannot tell. */
export function zeekPathOf(has: (field: string) => boolean): string {
  if (has('conn_state')) return 'conn';
  if (has('query') || has('qtype_name')) return 'dns';
  if (has('server_name') || has('cipher') || has('ssl_history')) return 'ssl';
  if (has('trans_depth') || (has('host') && has('uri'))) return 'http';
  return '';
}

function observeRequest(row: ZeekRow, bounds: TimeBounds): LineResult {
  const uri = row.get('uri');
  const absolute = uri.includes('://') || row.get('method') === 'CONNECT';
  const split = absolute ? splitUrl(uri) : undefined;
  const host = row.get('host') || (split?.host ?? '');
  const bytesUp = readBytes(row.get('request_body_len') || 0);
  if (bytesUp === undefined) return { error: 'not a count of bytes', field: 'request_body_len' };
  const bytesDown = readBytes(row.get('response_body_len') || 0);
  if (bytesDown === undefined) return { error: 'not a count of bytes', field: 'response_body_len' };
  const path = split ? split.path : pathOf(uri);
  return observe(row, UsageEventKind.NETWORK, 'host', host, bounds, {
    path: path.slice(0, MAX_PATH),
    user: cleaned(row.get('username'), MAX_USER).trim(),
    bytesUp,
    bytesDown,
  });
}

const NOTHING_MORE = { path: '', user: '', bytesUp: 0, bytesDown: 0 };

function observe(
  row: ZeekRow,
  kind: UsageEventKind,
  field: string,
  rawHost: string,
  bounds: TimeBounds,
  more: { path: string; user: string; bytesUp: number; bytesDown: number } = NOTHING_MORE,
): LineResult {
  const timeMicros = anyMicros(row.get('ts'));
  const late = timeProblem(timeMicros, bounds);
  if (late) return { error: late, field: 'ts' };
  const read = readHost(rawHost);
  if (read.problem === 'malformed') return { error: HOST_PROBLEMS.malformed, field };
  if (read.problem) return { skip: HOST_PROBLEMS[read.problem] };
  return {
    event: {
      timeMicros,
      kind,
      host: read.host,
      path: more.path,
      user: more.user,
      sourceIp: readAddress(row.get('id.orig_h')) ?? '',
      bytesUp: more.bytesUp,
      bytesDown: more.bytesDown,
      action: UsageAction.ALLOWED,
      process: '',
      bundleId: '',
    },
  };
}
