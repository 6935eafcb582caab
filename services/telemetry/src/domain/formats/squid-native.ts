import { UsageAction, UsageEventKind } from '#contracts';
import { HOST_PROBLEMS, readHost, splitUrl } from '../events/host.js';
import { cleaned, MAX_PATH, MAX_USER, readAddress, readBytes } from '../events/text.js';
import { epochMicros, timeProblem, type TimeBounds } from '../events/time.js';
import { shareOf, type LineResult, type LogFormat } from './log-format.js';

const SHAPE = /^\s*\d{9,10}\.\d{1,6}\s+-?\d+\s+\S+\s+[A-Z_]+\/(\d{3}|-)\s+\d+\s+\S+\s+\S/;
const HIERARCHY = /^[A-Z0-9_]+\/\S+$/;
const LEAST_FIELDS = 7;

/**
 * Squid's native access log: `time elapsed client code/status bytes method URL user hierarchy/peer type`, whatever else
 * follows. `bytes` is what the client got; the log does not say what it sent.
 */
export const squidNative: LogFormat = {
  id: 'squid-native',
  title: 'Squid native access log',
  detect: (lines) => shareOf(lines, (line) => SHAPE.test(line)),
  parser: (bounds) => ({ line: (text) => readLine(text, bounds) }),
};

function readLine(text: string, bounds: TimeBounds): LineResult {
  const line = text.trim();
  if (line === '' || line.startsWith('#')) return undefined;
  const fields = line.split(/\s+/, 40);
  if (fields.length < LEAST_FIELDS) return { error: `fewer than ${LEAST_FIELDS} fields`, field: '' };
  const [time, , client, result, bytes, method, url] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const timeMicros = epochMicros(time);
  const late = timeProblem(timeMicros, bounds);
  if (late) return { error: late, field: 'time' };
  const slash = result.indexOf('/');
  if (slash < 0) return { error: 'not of the form code/status', field: 'code/status' };
  const code = result.slice(0, slash);
  if (code.startsWith('UDP_') || method.startsWith('ICP_')) return { skip: 'query between proxies' };
  // A proxy answers so before a client has said who it is; the request that counts follows.
  if (result.endsWith('/407')) return { skip: 'proxy asked for a login' };
  const bytesDown = readBytes(bytes);
  if (bytesDown === undefined) return { error: 'not a count of bytes', field: 'bytes' };
  if (url.startsWith('error:') || url === '-') return { skip: HOST_PROBLEMS.missing };
  const { host: authority, path } = splitUrl(url);
  const read = readHost(authority);
  if (read.problem === 'malformed') return { error: HOST_PROBLEMS.malformed, field: 'URL' };
  if (read.problem) return { skip: HOST_PROBLEMS[read.problem] };
  return {
    event: {
      timeMicros,
      kind: UsageEventKind.NETWORK,
      host: read.host,
      path: method === 'CONNECT' ? '' : path.slice(0, MAX_PATH),
      user: userOf(fields),
      sourceIp: readAddress(client) ?? '',
      bytesUp: 0,
      bytesDown,
      action: code.startsWith('TCP_DENIED') ? UsageAction.BLOCKED : UsageAction.ALLOWED,
      process: '',
      bundleId: '',
    },
  };
}

/** The user stands before `hierarchy/peer`; a URL with blanks moves both to the right. */
function userOf(fields: readonly string[]): string {
  let at = 8;
  while (at < fields.length && !HIERARCHY.test(fields[at] as string)) at += 1;
  const user = fields[at < fields.length ? at - 1 : 7] ?? '-';
  return user === '-' ? '' : cleaned(percentDecoded(user), MAX_USER).trim();
}

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
