import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { checkServerIdentity, type PeerCertificate, type TLSSocket } from 'node:tls';
import { guardedLookup, isPublicAddress, PrivateAddress, resolveByDns, type Resolve } from './address.js';
import type { Pace } from './pace.js';

export interface ClientOptions {
  readonly userAgent: string;
  /** For one request, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether addresses that are not public may be connected to. */
  readonly allowPrivate: boolean;
  /** Certificates to trust beside those of browsers, PEM. */
  readonly ca?: string | undefined;
  readonly resolve?: Resolve | undefined;
}

/** What a connection said of itself. */
export interface TlsFacts {
  /** As Node names it, for example `TLSv1.3`. */
  readonly version: string;
  /** Whether the certificate chains to a root that is trusted. */
  readonly trusted: boolean;
  /** Whether it is made out to the host. */
  readonly named: boolean;
  readonly issuer: string;
  /** YYYY-MM-DD; empty where it cannot be read. */
  readonly expiry: string;
}

export interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As much of it as was asked for. */
  readonly body: string;
  readonly tls: TlsFacts | undefined;
}

/**
 * Reads pages over HTTPS: one connection a host, as the pace allows, no longer and no more than it is told, and never
 * from an address that is not public. It does not insist on a good certificate, because that is what is measured; it
 * sends nothing that is secret.
 */
export class PoliteClient {
  private readonly agents = new Map<string, Agent>();
  private readonly tls = new Map<string, TlsFacts>();

  constructor(
    private readonly pace: Pace,
    private readonly options: ClientOptions,
  ) {}

  /** @throws Error, `PrivateAddress` among them */
  async get(url: URL, maxBytes: number): Promise<Answer> {
    if (url.protocol !== 'https:') throw new Error(`${url.href} is not https`);
    const literal = url.hostname.replace(/^\[|\]$/g, '');
    if (!this.options.allowPrivate && isIP(literal) !== 0 && !isPublicAddress(literal)) {
      throw new PrivateAddress(`${literal} is not public`);
    }
    await this.pace.turn(url.hostname);
    return this.send(url, maxBytes);
  }

  /** Ends the connections to a host. */
  close(host: string): void {
    this.agents.get(host)?.destroy();
    this.agents.delete(host);
    this.tls.delete(host);
  }

  private send(url: URL, maxBytes: number): Promise<Answer> {
    const { userAgent, timeoutMs } = this.options;
    return new Promise((resolve, reject) => {
      const signal = AbortSignal.timeout(timeoutMs);
      const fail = (error: Error): void =>
        reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error);
      const outgoing = request(
        url,
        { agent: this.agentOf(url.hostname), headers: { 'User-Agent': userAgent, Accept: '*/*' }, signal },
        (incoming) => {
          const tls = this.tlsOf(url.hostname, incoming.socket as TLSSocket);
          const chunks: Buffer[] = [];
          let size = 0;
          const done = (): void => {
            const body = Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
            resolve({ url, status: incoming.statusCode ?? 0, headers: incoming.headers, body, tls });
          };
          incoming.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            size += chunk.length;
            if (size < maxBytes) return;
            done();
            incoming.destroy();
          });
          incoming.once('end', done);
          incoming.once('error', fail);
        },
      );
      outgoing.once('error', fail);
      outgoing.end();
    });
  }

  private agentOf(host: string): Agent {
    let agent = this.agents.get(host);
    if (!agent) {
      const { resolve = resolveByDns, allowPrivate, ca } = this.options;
      agent = new Agent({
        keepAlive: true,
        maxSockets: 1,
        lookup: guardedLookup(resolve, allowPrivate),
        // Old versions too: that a site offers nothing better is a finding.
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
        rejectUnauthorized: false,
        ...(ca === undefined ? {} : { ca }),
      });
      this.agents.set(host, agent);
    }
    return agent;
  }

  /** A connection that is used again does not show its certificate a second time. */
  private tlsOf(host: string, socket: TLSSocket): TlsFacts | undefined {
    const known = this.tls.get(host);
    if (known) return known;
    const certificate = socket.getPeerCertificate();
    if (!certificate?.subject) return undefined;
    const facts = {
      version: socket.getProtocol() ?? '',
      trusted: isTrusted(socket),
      named: checkServerIdentity(host, certificate) === undefined,
      issuer: issuerOf(certificate),
      expiry: dayOf(certificate.valid_to),
    };
    this.tls.set(host, facts);
    return facts;
  }
}

/** Node counts a wrong name among what makes a certificate untrusted; here that is a finding of its own. */
function isTrusted(socket: TLSSocket): boolean {
  const error = socket.authorizationError as unknown;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : error;
  return socket.authorized || code === 'ERR_TLS_CERT_ALTNAME_INVALID';
}

function issuerOf({ issuer }: PeerCertificate): string {
  const name = issuer.O ?? issuer.CN ?? '';
  return (Array.isArray(name) ? (name[0] ?? '') : name).trim().slice(0, 200);
}

function dayOf(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? '' : new Date(time).toISOString().slice(0, 10);
}
