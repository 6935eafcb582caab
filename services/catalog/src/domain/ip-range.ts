import { isIPv4, isIPv6 } from 'node:net';
import { MatchRuleKind } from '#contracts';
import type { Normalised } from './rule-normalise.js';

/** Shorter prefixes would claim a good part of the internet for one app. */
const SHORTEST_PREFIX = { 4: 8, 6: 16 } as const;

/**
 * Reads an IPv4 or IPv6 address or CIDR range as a rule. The value is canonical: the address as RFC 5952 writes it, and
 * always the length of the prefix, for example `192.0.2.7/32`. Refused are ranges wider than /8 (IPv4) or /16 (IPv6),
 * ranges with bits set behind their prefix, zones, and IPv4 addresses written as IPv6 ones.
 */
export function readIpRange(text: string): Normalised {
  const match = /^([0-9a-f:.]{2,45})(?:\/(0|[1-9]\d{0,2}))?$/i.exec(text.trim());
  const address = match?.[1] ?? '';
  const version = isIPv4(address) ? 4 : isIPv6(address) ? 6 : undefined;
  if (!version) return refuse(text, 'is no IPv4 or IPv6 address or CIDR range');
  const bits = version === 4 ? bitsOfIPv4(address) : bitsOfIPv6(address);
  const width = bits.length;
  const prefix = match?.[2] === undefined ? width : Number(match[2]);
  if (prefix > width) return refuse(text, `has a prefix longer than ${width} bits`);
  if (version === 6 && bits.startsWith(MAPPED)) return refuse(text, 'is an IPv4 address written as IPv6');
  if (prefix < SHORTEST_PREFIX[version]) {
    return refuse(text, `is wider than /${SHORTEST_PREFIX[version]}, which is too much for one app`);
  }
  const network = bits.slice(0, prefix).padEnd(width, '0');
  const start = `${version === 4 ? writeIPv4(network) : writeIPv6(network)}/${prefix}`;
  if (network !== bits) return refuse(text, `has bits set behind its prefix; the range that holds it is ${start}`);
  return { rule: { kind: MatchRuleKind.IP_RANGE, value: start, path: '' } };
}

/** ::ffff:0:0/96 */
const MAPPED = '0'.repeat(80) + '1'.repeat(16);

function bitsOfIPv4(address: string): string {
  return address.split('.').map(Number).map(bitsOf(8)).join('');
}

function bitsOfIPv6(address: string): string {
  const [left = '', right] = withoutDots(address).split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [head, tail] = [groups(left), groups(right ?? '')];
  const gap = right === undefined ? 0 : 8 - head.length - tail.length;
  const all = [...head, ...Array<string>(gap).fill('0'), ...tail];
  return all
    .map((group) => parseInt(group, 16))
    .map(bitsOf(16))
    .join('');
}

/** The last 32 bits of an IPv6 address may be written as an IPv4 one. */
function withoutDots(address: string): string {
  const at = address.lastIndexOf(':') + 1;
  if (!address.includes('.')) return address;
  const bits = bitsOfIPv4(address.slice(at));
  return (
    address.slice(0, at) + [bits.slice(0, 16), bits.slice(16)].map((each) => parseInt(each, 2).toString(16)).join(':')
  );
}

function writeIPv4(bits: string): string {
  return (bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)).join('.');
}

function writeIPv6(bits: string): string {
  const groups = (bits.match(/.{16}/g) ?? []).map((group) => parseInt(group, 2).toString(16));
  // The URL standard writes addresses as RFC 5952 does, but for the brackets.
  return new URL(`http://[${groups.join(':')}]/`).hostname.slice(1, -1);
}

function bitsOf(width: number): (value: number) => string {
  return (value) => value.toString(2).padStart(width, '0');
}

function refuse(text: string, why: string): Normalised {
  return { refused: `"${text.slice(0, 80)}" ${why}` };
}
