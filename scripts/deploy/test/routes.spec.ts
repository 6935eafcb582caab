import { describe, expect, it } from '@jest/globals';
import type { IngressPath } from '../manifest.js';
import { manifests, read } from './repository.js';

/** Which service answers what the outside asks for. */
const ROUTES = [
  ['/', 'gateway'],
  ['/graphql', 'gateway'],
  ['/graphiql', 'gateway'],
  ['/graphiql/assets/start.js', 'gateway'],
  ['/v1/enrol', 'telemetry'],
  ['/v1/telemetry', 'telemetry'],
  ['/v1/logs', 'telemetry'],
  ['/v1/blocklist', 'blocklist'],
  ['/v1/blocklist/key', 'blocklist'],
  ['/v1/blocklist/report', 'blocklist'],
  ['/v1/blocklist.txt', 'blocklist'],
  ['/blocked', 'blocklist'],
  ['/metrics', undefined],
] as const;

const PATHS: readonly IngressPath[] = manifests().find(({ kind }) => kind === 'Ingress').spec.rules[0].http.paths;

/** By the rules of Ingress: whole segments, the longest wins, exact before prefix. */
function byIngress(path: string): string | undefined {
  const fits = PATHS.filter((each) =>
    each.pathType === 'Exact'
      ? path === each.path
      : path === each.path || path.startsWith(each.path.endsWith('/') ? each.path : `${each.path}/`),
  );
  return fits.sort((a, b) => b.path.length - a.path.length)[0]?.backend.service.name;
}

/** By the rules of nginx: exact, then the first expression that fits, then the longest prefix. */
function byProxy(path: string): string | undefined {
  const locations = [...read('compose/nginx.conf').matchAll(/location (=|~)? ?(\S+) \{([^}]*)\}/g)].map(
    ([, sign, what, body]) => ({ sign, what: what!, service: /set \$service (\w+);/.exec(body!)?.[1] }),
  );
  const found =
    locations.find(({ sign, what }) => sign === '=' && what === path) ??
    locations.find(({ sign, what }) => sign === '~' && new RegExp(what).test(path)) ??
    locations.find(({ sign, what }) => !sign && path.startsWith(what));
  return found?.service;
}

describe('what the outside asks for', () => {
  it.each(ROUTES)('%s is answered by %s behind the proxy of Compose', (path, service) => {
    expect(byProxy(path)).toBe(service);
  });

  it.each(ROUTES)('%s is answered by %s behind an Ingress', (path, service) => {
    expect(byIngress(path)).toBe(service);
  });

  it('is nothing of what is for those inside, behind an Ingress', () => {
    for (const path of ['/healthz', '/readyz', '/v1', '/v1/telemetryx', '/graphqlx'])
      expect(byIngress(path)).toBeUndefined();
  });
});
