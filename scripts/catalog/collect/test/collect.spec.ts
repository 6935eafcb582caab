import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { parseCatalogFile } from '../../../../services/catalog/src/domain/catalog-file.js';
import { factorById } from '../../../../services/catalog/src/domain/factors/registry.js';
import { whyNotAValue } from '../../../../services/catalog/src/domain/factors/value.js';
import { factText } from '../../collect-command.js';
import { addMeasured } from '../../measured.js';
import type { RawFacts } from '../../raw-facts.js';
import type { Resolve } from '../address.js';
import { collect, type Collected, type CollectOptions } from '../collect.js';
import { ownCertificate } from './certificate.js';
import { LocalSite } from './local-site.js';

const certificate = ownCertificate(
  ['app-sample.com', 'www.app-sample.com', 'rdap.example.net'],
  'Sample Authority',
  new Date('2099-05-06T00:00:00Z'),
);
const other = ownCertificate(['elsewhere.example.org'], 'Nobody', new Date('2099-05-06T00:00:00Z'));
const local: Resolve = (_host, callback) => callback(null, [{ address: '127.0.0.1', family: 4 }]);

const app = (id: string, host: string) => ({
  id,
  name: id,
  category: 'PRODUCTIVITY',
  rules: [host],
  homepage: `https://${host}`,
});
const appsOf = (...apps: object[]) =>
  parseCatalogFile([{ format: 1, version: '1', sources: {} }, ...apps].map((line) => JSON.stringify(line)).join('\n'))
    .apps;

const GOOD_HEADERS = {
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'Content-Security-Policy': "default-src 'self'",
  'X-Frame-Options': 'DENY',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

describe('measuring apps from outside', () => {
  const opened: LocalSite[] = [];
  afterEach(async () => {
    for (const site of opened.splice(0)) await site.close();
  });

  async function serve(
    answer: (path: string, response: ServerResponse, request: IncomingMessage) => void,
    ...more: [certificate?: typeof certificate, maxVersion?: 'TLSv1.2']
  ): Promise<LocalSite> {
    const [own = certificate, maxVersion] = more;
    const site = await LocalSite.open(
      own,
      (request, response) => answer(request.url ?? '', response, request),
      maxVersion,
    );
    opened.push(site);
    return site;
  }

  async function measure(
    apps: ReturnType<typeof appsOf>,
    site: LocalSite,
    registry: LocalSite,
    more: Partial<CollectOptions> = {},
  ): Promise<Collected[]> {
    const done: Collected[] = [];
    const options = {
      ...{ userAgent: 'sample-agent/1', timeoutMs: 5_000, allowPrivate: true, ca: certificate.cert, resolve: local },
      ...{ requestsPerSecond: 1_000, hostPauseMs: 0, parallel: 2, observedOn: '2026-03-04', port: site.port },
      rdap: new URL(`https://rdap.example.net:${registry.port}/v1/`),
      ...more,
    };
    await collect(apps, options, (one) => done.push(one));
    return done;
  }

  const registry = (answer?: (path: string, response: ServerResponse) => void) =>
    serve(
      answer ??
        ((_path, response) => {
          const events = [
            { eventAction: 'last changed', eventDate: '2025-01-01T00:00:00Z' },
            { eventAction: 'registration', eventDate: '2012-11-10T09:08:07Z' },
          ];
          response.end(JSON.stringify({ objectClassName: 'domain', events }));
        }),
    );
  const values = ({ lines }: Collected) =>
    Object.assign({}, ...lines.map((line) => line.values)) as Record<string, string>;

  it('finds TLS, certificate, headers, security.txt and registration, over one connection', async () => {
    const site = await serve((path, response) => {
      if (path === '/robots.txt') response.end('User-agent: *\nDisallow: /private\n');
      else if (path === '/.well-known/security.txt') response.end('# us\nContact: mailto:security@app-sample.com\n');
      else response.writeHead(200, GOOD_HEADERS).end('<html>');
    });
    const rdap = await registry();
    const [found] = await measure(appsOf(app('sample', 'app-sample.com')), site, rdap);
    expect(found?.problems).toEqual([]);
    expect(found?.lines).toEqual([
      {
        app: 'sample',
        source: `https://app-sample.com:${site.port}/`,
        observedOn: '2026-03-04',
        values: {
          'certificate-expiry': '2099-05-06',
          'certificate-issuer': 'Sample Authority',
          'header-csp': 'true',
          'header-frame-options': 'true',
          'header-hsts': 'true',
          'header-nosniff': 'true',
          'header-referrer-policy': 'true',
          'security-txt': 'true',
          'tls-version': 'tls1.3',
          'trusted-certificate': 'true',
          'valid-certificate-name': 'true',
          'vulnerability-disclosure': 'true',
        },
      },
      {
        app: 'sample',
        source: `https://rdap.example.net:${rdap.port}/v1/domain/app-sample.com`,
        observedOn: '2026-03-04',
        values: { 'domain-registered': '2012-11-10' },
      },
    ]);
    expect(site.paths).toEqual(['/robots.txt', '/', '/.well-known/security.txt']);
    expect([site.connections, site.requests[0]?.agent]).toEqual([1, 'sample-agent/1']);
    const wrong = Object.entries(values(found!)).map(([id, value]) => whyNotAValue(factorById.get(id)!, value));
    expect(wrong.filter((why) => why !== undefined)).toEqual([]);
  });

  it('tells an old, untrusted, wrongly named site without headers apart, and follows within the site only', async () => {
    const site = await serve(
      (path, response, request) => {
        const home = request.headers.host?.startsWith('www.');
        if (path === '/' && !home)
          response.writeHead(301, { Location: `https://www.app-sample.com:${site.port}/` }).end();
        else if (path === '/') response.end('hello');
        else response.writeHead(404).end('<html>contact: us</html>');
      },
      other,
      'TLSv1.2',
    );
    const rdap = await registry((_path, response) => response.writeHead(404).end());
    const [found] = await measure(appsOf(app('sample', 'app-sample.com')), site, rdap);
    expect(values(found!)).toEqual({
      'certificate-expiry': '2099-05-06',
      'certificate-issuer': 'Nobody',
      'header-csp': 'false',
      'header-frame-options': 'false',
      'header-hsts': 'false',
      'header-nosniff': 'false',
      'header-referrer-policy': 'false',
      'security-txt': 'false',
      'tls-version': 'tls1.2',
      'trusted-certificate': 'false',
      'valid-certificate-name': 'false',
    });
    expect(found?.problems).toEqual([expect.stringMatching(/^RDAP: .* answered 404$/)]);
    const away = await serve((path, response) => {
      if (path === '/') response.writeHead(302, { Location: 'https://login.example.org/' }).end();
      else response.writeHead(path === '/robots.txt' ? 404 : 500).end();
    });
    const [left] = await measure(appsOf(app('sample', 'app-sample.com')), away, await registry());
    expect(left?.problems).toEqual([
      '/: leads to login.example.org, which is another site',
      '/.well-known/security.txt: answered 500',
    ]);
    expect(Object.keys(values(left!))).not.toContain('header-csp');
    expect(values(left!)['trusted-certificate']).toBe('true');
  });

  it('reads no more than robots.txt allows', async () => {
    let robots = 'User-agent: sample-agent\nDisallow: /\n';
    const site = await serve((path, response) => {
      if (path === '/robots.txt') response.writeHead(robots === '' ? 503 : 200).end(robots);
      else response.end();
    });
    const apps = appsOf(app('sample', 'app-sample.com'));
    const [found] = await measure(apps, site, await registry());
    expect(site.paths).toEqual(['/robots.txt']);
    expect(found?.problems).toHaveLength(2);
    expect(values(found!)).toMatchObject({ 'tls-version': 'tls1.3', 'domain-registered': '2012-11-10' });
    robots = '';
    const [failing] = await measure(apps, site, await registry());
    expect(site.paths).toEqual(['/robots.txt', '/robots.txt']);
    expect(failing?.problems).toEqual(['robots.txt: answered 503, so nothing more is read']);
  });

  it('connects to no address that is not public, whatever a name resolves to', async () => {
    const site = await serve((_path, response) => response.end());
    const rdap = await registry();
    for (const address of [
      '127.0.0.1',
      '10.1.2.3',
      '169.254.169.254',
      '192.168.0.1',
      '::1',
      '::ffff:127.0.0.1',
      'fd00::1',
    ]) {
      const resolve: Resolve = (_host, callback) =>
        callback(null, [
          { address: '198.41.0.4', family: 4 },
          { address, family: address.includes(':') ? 6 : 4 },
        ]);
      const [found] = await measure(appsOf(app('sample', 'app-sample.com')), site, rdap, {
        allowPrivate: false,
        resolve,
      });
      expect(found?.lines).toEqual([]);
      expect(found?.problems).toEqual([
        expect.stringContaining(`${address}, which is not public`),
        expect.stringContaining('which is not public'),
      ]);
    }
    const literal = await measure(appsOf(app('sample', 'app-sample.com')), site, rdap, {
      allowPrivate: false,
      resolve: (_host, callback) => callback(new Error('no such name'), []),
      rdap: new URL(`https://127.0.0.1:${rdap.port}/`),
    });
    expect(literal[0]?.problems).toEqual(['robots.txt: no such name', 'RDAP: 127.0.0.1 is not public']);
    expect([site.connections, rdap.connections]).toEqual([0, 0]);
  });

  it('gives up on a site that does not answer, and reads no page without end', async () => {
    const silent = await serve(() => undefined);
    const apps = appsOf(app('sample', 'app-sample.com'));
    const [found] = await measure(apps, silent, await registry(), { timeoutMs: 300 });
    expect(found?.problems[0]).toBe('robots.txt: no answer within 300 ms');
    const endless = await serve((path, response) => {
      if (path !== '/') return void response.writeHead(404).end();
      response.writeHead(200, GOOD_HEADERS);
      const chunk = Buffer.alloc(64 << 10, 'x');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const [measured] = await measure(apps, endless, await registry());
    expect(measured?.problems).toEqual([]);
    expect(values(measured!)).toMatchObject({ 'header-csp': 'true', 'security-txt': 'false' });
  });

  it('writes lines that compile takes in, the later measurement over the earlier', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gnomon-measured-'));
    try {
      mkdirSync(join(folder, 'measured'));
      const line = (observedOn: string, value: string) => ({
        ...{ app: 'sample', source: 'https://app-sample.com/', observedOn, values: { 'header-csp': value } },
      });
      const found = (...lines: Collected['lines']) => factText([{ app: 'sample', host: '', lines, problems: [] }]);
      writeFileSync(
        join(folder, 'measured', 'a.jsonl'),
        found(line('2026-03-04', 'true'), { ...line('2026-03-04', 'true'), app: 'gone' }),
      );
      writeFileSync(join(folder, 'measured', 'b.jsonl'), found(line('2025-03-04', 'false')));
      const facts: RawFacts = new Map();
      const warnings: string[] = [];
      addMeasured({ warnings, all: () => [{ id: 'sample', facts }] }, folder);
      expect([...facts]).toEqual([['header-csp', ['true', 'https://app-sample.com/', '2026-03-04']]]);
      expect(warnings).toEqual(['measured values of unknown app gone']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
