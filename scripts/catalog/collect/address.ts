import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** An address that is not on the public internet. */
export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress';
}

const V4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const;
/** With the ways to write an IPv4 address as one of IPv6, behind which a private one could hide. */
const V6 = [
  ['::', 96],
  ['::ffff:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const;

/** Apart, because one list would take every IPv4 address for its mapped form of IPv6. */
const [refused4, refused6] = [new BlockList(), new BlockList()];
for (const [net, bits] of V4) refused4.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of V6) refused6.addSubnet(net, bits, 'ipv6');

/** Whether a literal address is on the public internet. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  return version === 4 ? !refused4.check(address, 'ipv4') : !refused6.check(address, 'ipv6');
}

/** What a name resolves to: all of its addresses. */
export type Resolve = (
  host: string,
  callback: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void;

export const resolveByDns: Resolve = (host, callback) =>
  dnsLookup(host, { all: true }, (error, addresses) => callback(error, addresses ?? []));

/**
 * A lookup for connections that fails with `PrivateAddress` where a name has any address that is not public: the
 * address that is checked is the one that is connected to. Addresses in URLs are not looked up: check those before.
 */
export function guardedLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      const hidden = allowPrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address));
      const [first] = addresses;
      if (error) callback(error, '', 0);
      else if (hidden) callback(new PrivateAddress(`${host} is at ${hidden.address}, which is not public`), '', 0);
      else if (!first) callback(new Error(`${host} has no address`), '', 0);
      else if (options.all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };
}
