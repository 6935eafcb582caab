import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import net from 'node:net';
import type { Service } from './part.js';

/** Where a service can be reached now. */
export interface Instance {
  readonly services: readonly Service[];
  readonly port: number;
}

/**
 * One URL for all services, as an ingress makes it: paths lead to services, several instances take turns, and one that
 * refuses the connection is passed over. Where none is left, it answers 503.
 */
export class Ingress {
  private readonly agent = new http.Agent({ keepAlive: true, maxFreeSockets: 64 });
  private readonly server = http.createServer((request, response) => {
    this.forward(request, response, this.instancesFor(request));
  });
  private turn = 0;

  private constructor(private readonly instances: () => readonly Instance[]) {
    this.server.on('upgrade', (request: IncomingMessage, socket: net.Socket, head: Buffer) => {
      socket.on('error', () => socket.destroy());
      this.upgrade(request, socket, head, this.instancesFor(request));
    });
    this.server.keepAliveTimeout = 60_000;
  }

  /** @param port 0: a free one */
  static async open(port: number, instances: () => readonly Instance[]): Promise<Ingress> {
    const ingress = new Ingress(instances);
    ingress.server.listen(port, '127.0.0.1');
    await once(ingress.server, 'listening');
    return ingress;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as net.AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    this.agent.destroy();
    await closed;
  }

  /** The instances that may answer, in the order to ask them. */
  private instancesFor(request: IncomingMessage): Instance[] {
    const service = serviceAt(request.url ?? '/');
    const all = this.instances().filter(({ services }) => services.includes(service));
    const first = this.turn++ % Math.max(all.length, 1);
    return [...all.slice(first), ...all.slice(0, first)];
  }

  private forward(request: IncomingMessage, response: ServerResponse, [instance, ...others]: Instance[]): void {
    if (!instance) {
      response.writeHead(503, { 'Retry-After': '1' }).end();
      return;
    }
    const { method, url, headers } = request;
    const { agent } = this;
    const onward = http.request({ host: '127.0.0.1', port: instance.port, method, path: url, headers, agent });
    onward.on('socket', (socket) => {
      // Nothing of the body is read before there is somebody to read it.
      if (socket.connecting) socket.once('connect', () => request.pipe(onward));
      else request.pipe(onward);
    });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
      answer.on('error', () => response.destroy());
    });
    onward.on('error', (error: NodeJS.ErrnoException) => {
      if (response.headersSent || response.destroyed) response.destroy();
      else if (error.code === 'ECONNREFUSED') this.forward(request, response, others);
      else response.writeHead(502).end();
    });
    response.on('close', () => onward.destroy());
  }

  private upgrade(request: IncomingMessage, socket: net.Socket, head: Buffer, [instance, ...others]: Instance[]): void {
    if (!instance) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
      return;
    }
    const onward = net.connect(instance.port, '127.0.0.1');
    let connected = false;
    onward.on('connect', () => {
      connected = true;
      onward.write(`${request.method} ${request.url} HTTP/1.1\r\n${headerLines(request)}\r\n\r\n`);
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => {
      if (connected) socket.destroy();
      else this.upgrade(request, socket, head, others);
    });
    socket.on('close', () => onward.destroy());
  }
}

function headerLines(request: IncomingMessage): string {
  const raw = request.rawHeaders;
  return raw.flatMap((value, index) => (index % 2 ? [] : [`${value}: ${raw[index + 1]}`])).join('\r\n');
}

/** The routes that docs/operations.md asks of an ingress. */
function serviceAt(url: string): Service {
  if (/^\/v1\/(telemetry|enrol|logs)\b/.test(url)) return 'telemetry';
  if (/^\/(v1\/blocklist|blocked)\b/.test(url)) return 'blocklist';
  return 'gateway';
}
