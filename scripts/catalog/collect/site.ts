import { parse } from 'tldts';
import type { Answer, PoliteClient, TlsFacts } from './client.js';
import { robotsAllow } from './robots.js';

/** What was measured of a host, and what could not be. */
export interface SiteFacts {
  readonly values: Readonly<Record<string, string>>;
  readonly problems: readonly string[];
}

const PAGE_BYTES = 256 << 10;
const TEXT_BYTES = 64 << 10;
const MAX_REDIRECTS = 3;
const SECURITY_TXT = '/.well-known/security.txt';

const TLS_VERSIONS: Readonly<Record<string, string>> = {
  'TLSv1.3': 'tls1.3',
  'TLSv1.2': 'tls1.2',
  'TLSv1.1': 'tls1.1',
  TLSv1: 'tls1.0',
};

/**
 * Measures a host: the TLS version and certificate it answers with, the five security headers of its front page, and
 * its security.txt. Its robots.txt comes first, and what that forbids is not read.
 */
export async function measureSite(client: PoliteClient, origin: URL, userAgent: string): Promise<SiteFacts> {
  const values: Record<string, string> = {};
  const problems: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      problems.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  let robots: string | undefined;
  await attempt('robots.txt', async () => {
    const answer = await client.get(new URL('/robots.txt', origin), TEXT_BYTES);
    Object.assign(values, tlsValues(answer.tls));
    // RFC 9309: a site that fails to say forbids everything; one that has nothing to say, nothing.
    if (answer.status >= 500) throw new Error(`answered ${answer.status}, so nothing more is read`);
    robots = answer.status === 200 ? answer.body : '';
  });
  if (robots === undefined) return { values, problems };
  const rules = robots;
  const allowed = (path: string): boolean => robotsAllow(rules, userAgent, path);
  if (!allowed('/')) problems.push('/: robots.txt forbids it');
  else {
    await attempt('/', async () => {
      const answer = await follow(client, origin);
      if (answer.status >= 300) throw new Error(`answered ${answer.status}`);
      Object.assign(values, headerValues(answer));
    });
  }
  if (!allowed(SECURITY_TXT)) problems.push(`${SECURITY_TXT}: robots.txt forbids it`);
  else {
    await attempt(SECURITY_TXT, async () => {
      const answer = await client.get(new URL(SECURITY_TXT, origin), TEXT_BYTES);
      Object.assign(values, securityTxtValues(answer));
    });
  }
  return { values, problems };
}

/** The front page, within the site: other sites have headers of their own. */
async function follow(client: PoliteClient, origin: URL): Promise<Answer> {
  let answer = await client.get(new URL('/', origin), PAGE_BYTES);
  for (let count = 0; isRedirect(answer); count += 1) {
    const target = new URL(answer.headers.location ?? '/', answer.url);
    if (count === MAX_REDIRECTS) throw new Error('redirects without end');
    if (!sameSite(target, origin)) throw new Error(`leads to ${target.host}, which is another site`);
    answer = await client.get(target, PAGE_BYTES);
    if (target.hostname !== origin.hostname) client.close(target.hostname);
  }
  return answer;
}

function isRedirect({ status, headers }: Answer): boolean {
  return status >= 300 && status < 400 && status !== 304 && headers.location !== undefined;
}

function sameSite(a: URL, b: URL): boolean {
  const site = ({ hostname }: URL) => parse(hostname, { allowPrivateDomains: true }).domain ?? hostname;
  return site(a) === site(b);
}

function tlsValues(tls: TlsFacts | undefined): Record<string, string> {
  if (!tls) return {};
  const version = TLS_VERSIONS[tls.version];
  return {
    ...(version ? { 'tls-version': version } : {}),
    'trusted-certificate': String(tls.trusted),
    'valid-certificate-name': String(tls.named),
    ...(tls.issuer ? { 'certificate-issuer': tls.issuer } : {}),
    ...(tls.expiry ? { 'certificate-expiry': tls.expiry } : {}),
  };
}

function headerValues({ headers }: Answer): Record<string, string> {
  const hsts = /max-age\s*=\s*"?(\d+)/i.exec(headers['strict-transport-security'] ?? '')?.[1];
  const has = (name: string): string => String(String(headers[name] ?? '').trim() !== '');
  return {
    'header-hsts': String(Number(hsts ?? 0) > 0),
    'header-csp': has('content-security-policy'),
    'header-frame-options': has('x-frame-options'),
    'header-nosniff': String(/^\s*nosniff\b/i.test(String(headers['x-content-type-options'] ?? ''))),
    'header-referrer-policy': has('referrer-policy'),
  };
}

/** A page for everything that does not exist is no security.txt: that has a contact. */
function securityTxtValues({ status, body }: Answer): Record<string, string> {
  if (status === 404 || status === 410) return { 'security-txt': 'false' };
  if (status !== 200) throw new Error(`answered ${status}`);
  const found = /^contact:\s*\S+/im.test(body) && !/<html/i.test(body);
  return found ? { 'security-txt': 'true', 'vulnerability-disclosure': 'true' } : { 'security-txt': 'false' };
}
