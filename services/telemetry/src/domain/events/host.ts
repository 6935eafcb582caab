import { domainToASCII } from 'node:url';

/** Why a text is not a host name that can belong to an app. */
export const HOST_PROBLEMS = {
  missing: 'no host name',
  address: 'address instead of a host name',
  reverse: 'reverse lookup',
  local: 'name of the local network',
  malformed: 'not a host name',
} as const;
export type HostProblem = keyof typeof HOST_PROBLEMS;

export type HostResult = { readonly host: string; readonly problem?: undefined } | { readonly problem: HostProblem };

const MAX_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;
/** An IPv6 address, with or without brackets, zone and port. */
const V6 = /^\[?[0-9a-f]*:[0-9a-f]*:[0-9a-f:.]*(%[^\]]*)?(\](:\d*)?)?$/i;
const LOCAL = /\.local(host)?$/i;
const DASH = 45;
const DOT = 46;
const UNDERSCORE = 95;

/**
 * The host name in a `Host` header, SNI, DNS question or authority of a URL: port and one trailing dot removed, lower
 * case, Unicode names in punycode. Names without a dot, below `.local`, and addresses name no cloud app.
 */
export function readHost(raw: string): HostResult {
  let name = raw.trim();
  if (name === '' || name === '.') return { problem: 'missing' };
  const colon = name.indexOf(':');
  if (colon >= 0 && V6.test(name)) return { problem: 'address' };
  if (colon >= 0 && isPort(name, colon + 1)) name = name.slice(0, colon);
  if (name.charCodeAt(name.length - 1) === DOT) name = name.slice(0, -1);
  if (name === '') return { problem: 'missing' };
  // Local names may hold anything, and do: NetBIOS and service discovery write what they like.
  if (!name.includes('.') || isLocal(name)) return { problem: 'local' };
  if (name.length > MAX_LENGTH) return { problem: 'malformed' };
  const shape = shapeOf(name);
  if (shape === 'unicode') {
    const ascii = domainToASCII(name);
    return ascii === '' || shapeOf(ascii) !== 'name' ? { problem: 'malformed' } : classify(ascii);
  }
  return shape === 'name' ? classify(name.toLowerCase()) : { problem: 'malformed' };
}

function classify(host: string): HostResult {
  const last = host.slice(host.lastIndexOf('.') + 1);
  if (isDigits(last)) return { problem: 'address' };
  if (last === 'arpa' && (host.endsWith('.in-addr.arpa') || host.endsWith('.ip6.arpa'))) return { problem: 'reverse' };
  return isLocal(host) || !host.includes('.') ? { problem: 'local' } : { host };
}

function isLocal(name: string): boolean {
  return LOCAL.test(name);
}

function shapeOf(name: string): 'name' | 'unicode' | 'malformed' {
  let label = 0;
  for (let at = 0; at < name.length; at += 1) {
    const code = name.charCodeAt(at);
    if (code === DOT) {
      if (label === 0) return 'malformed';
      label = 0;
      continue;
    }
    if (code > 127) return 'unicode';
    label += 1;
    if (label > MAX_LABEL_LENGTH || !isNameCode(code)) return 'malformed';
  }
  return label === 0 ? 'malformed' : 'name';
}

function isNameCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 48 && code <= 57) ||
    (code >= 65 && code <= 90) ||
    code === DASH ||
    code === UNDERSCORE
  );
}

function isPort(text: string, from: number): boolean {
  return text.length - from <= 5 && isDigits(text.slice(from));
}

function isDigits(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return true;
}

/** The host and path of an absolute URL, or of the `host:port` of a CONNECT request; the query is left out. */
export function splitUrl(url: string): { readonly host: string; readonly path: string } {
  const scheme = url.indexOf('://');
  const start = scheme < 0 ? 0 : scheme + 3;
  let end = start;
  while (end < url.length && !'/?#\\'.includes(url.charAt(end))) end += 1;
  const authority = url.slice(start, end);
  return { host: authority.slice(authority.lastIndexOf('@') + 1), path: pathOf(url.slice(end)) };
}

/** A path without query and fragment. They are never needed and may hold secrets. */
export function pathOf(target: string): string {
  if (target === '') return target;
  const query = target.search(/[?#]/);
  return query < 0 ? target : target.slice(0, query);
}
