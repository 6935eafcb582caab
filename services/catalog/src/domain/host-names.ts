import { isIP } from 'node:net';

const MAX_HOST_LENGTH = 253;

/** The names under which a rule could claim the host: itself and everything above it, folded; empty for no host. */
export function claimingNames(host: string): string[] {
  const bare = (host.endsWith('.') ? host.slice(0, -1) : host).toLowerCase();
  if (bare === '' || bare.length > MAX_HOST_LENGTH || !/^[a-z0-9._-]+$/.test(bare)) return [];
  const names: string[] = [];
  for (let at = 0; at >= 0; at = bare.indexOf('.', at) + 1 || -1) names.push(bare.slice(at));
  return names;
}

/** Those of the hosts that are addresses, without the brackets of URLs. */
export function addressesIn(hosts: readonly string[]): string[] {
  const bare = hosts.map((host) => host.replace(/^\[(.*)\]$/, '$1'));
  return [...new Set(bare.filter((host) => isIP(host) !== 0 && !host.includes('%')))];
}
