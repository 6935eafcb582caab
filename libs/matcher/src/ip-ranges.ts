import { readAddress, type Address } from './ip-address.js';

/** The ranges of one family, by prefix: a map for each length that occurs, the longest first. */
interface Family {
  readonly bits: 32 | 128;
  readonly lengths: number[];
  readonly byLength: Map<number, Map<number | bigint, number>>;
}

/**
 * Positions by IPv4 and IPv6 ranges in CIDR notation; the longest prefix wins, of two equal ranges the first given. Bits
 * of a range that are not of its prefix do not count. Positions count from 1.
 */
export class IpRanges {
  private readonly ipv4: Family = { bits: 32, lengths: [], byLength: new Map() };
  private readonly ipv6: Family = { bits: 128, lengths: [], byLength: new Map() };

  /** How many ranges there are. */
  size = 0;

  /** Takes in a range; an address without a length is a range of its own. What is neither is left out: false. */
  add(range: string, position: number): boolean {
    const slash = range.indexOf('/');
    const address = readAddress(slash < 0 ? range : range.slice(0, slash));
    if (!address) return false;
    const written = slash < 0 ? undefined : range.slice(slash + 1);
    // `::ffff:192.0.2.0/120` counts the bits of the IPv6 form.
    const surplus = address.bits === 32 && range.includes(':') ? 96 : 0;
    const length = written === undefined ? address.bits : Number(written) - surplus;
    if (written !== undefined && !/^\d{1,3}$/.test(written)) return false;
    if (length < 0 || length > address.bits) return false;
    const family = address.bits === 32 ? this.ipv4 : this.ipv6;
    let ranges = family.byLength.get(length);
    if (!ranges) {
      ranges = new Map<number | bigint, number>();
      family.byLength.set(length, ranges);
      family.lengths.push(length);
      family.lengths.sort((a, b) => b - a);
    }
    const prefix = prefixOf(address, length);
    if (!ranges.has(prefix)) {
      ranges.set(prefix, position);
      this.size += 1;
    }
    return true;
  }

  /** The position of the narrowest range that holds the address; 0 where none does, and for what is no address. */
  find(text: string): number {
    if (this.size === 0) return 0;
    const address = readAddress(text);
    if (!address) return 0;
    const family = address.bits === 32 ? this.ipv4 : this.ipv6;
    for (const length of family.lengths) {
      const position = family.byLength.get(length)?.get(prefixOf(address, length));
      if (position !== undefined) return position;
    }
    return 0;
  }
}

function prefixOf(address: Address, length: number): number | bigint {
  if (address.bits === 128) return address.value >> BigInt(128 - length);
  return Math.floor(address.value / 2 ** (32 - length));
}
