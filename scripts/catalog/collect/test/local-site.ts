import { createServer, type Server } from 'node:https';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SecureVersion } from 'node:tls';
import type { OwnCertificate } from './certificate.js';

/** An HTTPS server of this machine that remembers what was asked of it. */
export class LocalSite {
  /** Host header and path of each request, in order. */
  readonly requests: { readonly host: string; readonly path: string; readonly agent: string }[] = [];
  connections = 0;

  private constructor(private readonly server: Server) {}

  static async open(
    certificate: OwnCertificate,
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    maxVersion: SecureVersion = 'TLSv1.3',
  ): Promise<LocalSite> {
    const server = createServer({ ...certificate, maxVersion });
    const site = new LocalSite(server);
    server.on('connection', () => (site.connections += 1));
    server.on('request', (request, response) => {
      const { host = '', 'user-agent': agent = '' } = request.headers;
      site.requests.push({ host: host.replace(/:\d+$/, ''), path: request.url ?? '', agent });
      answer(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return site;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get paths(): string[] {
    return this.requests.map(({ path }) => path);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
