/** An address as a number, of 32 or 128 bits. */
export type Address = { readonly bits: 32; readonly value: number } | { readonly bits: 128; readonly value: bigint };

const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;
const MAX_TEXT = 45;
const MAPPED = 0xffffn << 32n;

/**
 * Reads an IPv4 address in dotted decimals or an IPv6 address, in brackets or without; undefined for anything else. An
 * IPv4 address in its IPv6 form (`::ffff:192.0.2.1`) is read as the IPv4 address that it is.
 */
export function readAddress(text: string): Address | undefined {
  const bare = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
  if (bare.length > MAX_TEXT) return undefined;
  if (!bare.includes(':')) {
    const value = bare === text ? readIpv4(bare) : undefined;
    return value === undefined ? undefined : { bits: 32, value };
  }
  const value = readIpv6(bare);
  if (value === undefined) return undefined;
  return value >> 32n === MAPPED >> 32n ? { bits: 32, value: Number(value & 0xffffffffn) } : { bits: 128, value };
}

/** From 0 to 2^32 - 1. */
function readIpv4(text: string): number | undefined {
  const parts = IPV4.exec(text)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((value, part) => value * 256 + part, 0);
}

function readIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(readGroups) as [number[] | undefined, number[] | undefined];
  if (!head || (halves.length === 2 && !tail)) return undefined;
  const given = head.length + (tail?.length ?? 0);
  if (halves.length === 2 ? given > 7 : given !== 8) return undefined;
  const groups = [...head, ...new Array<number>(8 - given).fill(0), ...(tail ?? [])];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** Groups of 16 bits; the last two may be written as an IPv4 address. */
function readGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const ipv4 = index === parts.length - 1 ? readIpv4(part) : undefined;
      if (ipv4 === undefined) return undefined;
      groups.push(Math.floor(ipv4 / 65_536), ipv4 % 65_536);
    }
  }
  return groups;
}
