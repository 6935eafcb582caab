import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import net from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { EmbeddedPostgres } from '#database';
import { eventually } from '#testkit';

export type Service = 'gateway' | 'catalog' | 'telemetry' | 'policy' | 'blocklist' | 'correlator';

/** One running process and where it listens. */
export interface Running {
  readonly name: string;
  readonly services: readonly Service[];
  readonly child: ReturnType<typeof launch>;
  readonly url: string;
}

const FLAGS = ['--no-warnings', '--max-semi-space-size=8'];
const RPC_NAMES: Readonly<Record<string, Service>> = {
  CATALOG: 'catalog',
  TELEMETRY: 'telemetry',
  POLICY: 'policy',
  BLOCKLIST: 'blocklist',
  CORRELATOR: 'correlator',
  IDENTITY: 'gateway',
};

/** Runs Node to its end. @returns what it printed, and how it ended */
export async function command(
  args: readonly string[],
  environment: Record<string, string>,
): Promise<{ code: number; output: string }> {
  const child = launch(args, environment);
  const [code] = (await once(child, 'close')) as [number];
  return { code, output: child.output() };
}

function launch(args: readonly string[], environment: Record<string, string>): ChildProcess & { output(): string } {
  const child = spawn(process.execPath, [...FLAGS, ...args], {
    env: { PATH: process.env['PATH'], GNOMON_LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return Object.assign(child, { output: () => text });
}

/** The services as processes of their own on one Postgres, the ports of all known beforehand. */
export class Stack {
  readonly running: Running[] = [];
  private readonly planned = new Map<string, { services: readonly Service[]; rpcPort: number }>();
  private readonly serviceKey = randomBytes(32).toString('base64url');
  private readonly secretKey = randomBytes(32).toString('base64url');
  private readonly seen = new Map<string, number>();
  private ingress: Server | undefined;

  private constructor(
    private readonly directory: string,
    private readonly postgres: EmbeddedPostgres,
  ) {}

  /** @param processes by name: the services each will run; several may run the same one */
  static async prepare(processes: Readonly<Record<string, readonly Service[]>>): Promise<Stack> {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-stack-'));
    const postgres = await EmbeddedPostgres.start({ directory: path.join(directory, 'postgres') });
    await postgres.execute('CREATE DATABASE gnomon');
    const stack = new Stack(directory, postgres);
    for (const [name, services] of Object.entries(processes))
      stack.planned.set(name, { services, rpcPort: await freePort() });
    return stack;
  }

  /** What every process of the stack is told. */
  environment(): Record<string, string> {
    const urls = Object.entries(RPC_NAMES).map(([name, service]) => {
      const serving = [...this.planned.values()].filter(({ services }) => services.includes(service));
      return [`GNOMON_RPC_${name}_URL`, serving.map(({ rpcPort }) => `http://127.0.0.1:${rpcPort}`).join(',')];
    });
    return {
      GNOMON_DATABASE_URL: this.postgres.url('gnomon'),
      GNOMON_SERVICE_KEY: this.serviceKey,
      GNOMON_SECRET_KEY: this.secretKey,
      GNOMON_MIGRATE: 'false',
      GNOMON_DATABASE_POOL_SIZE: '5',
      ...(Object.fromEntries(urls) as Record<string, string>),
    };
  }

  /** Starts a process: one service by its own main, several by naming them. Resolves once it listens. */
  async start(name: string): Promise<Running> {
    const { services, rpcPort } = this.planned.get(name)!;
    const [only] = services;
    const alone = services.length === 1;
    const child = launch([`dist/services/${alone ? only : 'standalone'}/src/main.js`], {
      ...this.environment(),
      GNOMON_RPC_PORT: String(rpcPort),
      ...(alone
        ? { [`GNOMON_${only!.toUpperCase()}_HTTP_PORT`]: '0' }
        : { GNOMON_SERVICES: services.join(','), GNOMON_HTTP_PORT: '0' }),
    });
    const url = await new Promise<string>((resolve, reject) => {
      child.stdout!.on('data', () => {
        const found = /ready at (\S+)/.exec(child.output())?.[1];
        if (found) resolve(found);
      });
      child.once('exit', () => reject(new Error(`${name} ended before it was ready:\n${child.output()}`)));
    });
    const running = { name, services, child, url };
    this.running.push(running);
    return running;
  }

  process(name: string): Running {
    return this.running.find((each) => each.name === name)!;
  }

  /** The warnings and errors that all processes have logged since this was last asked. */
  logs(): string {
    const texts = this.running.map(
      ({ name, child }) =>
        [
          name,
          child
            .output()
            .split('\n')
            .filter((line) => line.startsWith('{')),
        ] as const,
    );
    const fresh = texts.flatMap(([name, lines]) =>
      lines.slice(this.seen.get(name) ?? 0).map((line) => `${name}: ${line}`),
    );
    for (const [name, lines] of texts) this.seen.set(name, lines.length);
    return fresh.join('\n');
  }

  /** Resolves once every process says that it is ready. */
  async ready(): Promise<void> {
    await eventually(
      async () => {
        for (const { name, url } of this.running) {
          const answer = await fetch(`${url}/readyz`);
          if (!answer.ok) throw new Error(`${name} is not ready: ${await answer.text()}`);
        }
      },
      { timeoutMs: 60_000 },
    );
  }

  /** One URL for everything, as an ingress makes it: paths lead to services, several instances take turns. */
  async open(): Promise<string> {
    let turn = 0;
    const targetOf = (request: IncomingMessage): URL => {
      const service = serviceAt(request.url ?? '/');
      const instances = this.running.filter(
        ({ services, child }) => services.includes(service) && !child.killed && child.exitCode === null,
      );
      return new URL(instances[turn++ % instances.length]!.url);
    };
    const forward = (request: IncomingMessage, response: ServerResponse): void => {
      const { hostname, port } = targetOf(request);
      const { method, url, headers } = request;
      const onward = http.request({ hostname, port, method, path: url, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.writeHead(502).end());
      response.on('close', () => onward.destroy());
      request.pipe(onward);
    };
    this.ingress = http.createServer(forward);
    this.ingress.on('upgrade', (request: IncomingMessage, socket: net.Socket, head: Buffer) => {
      const { hostname, port } = targetOf(request);
      const onward = net.connect(Number(port), hostname, () => {
        const lines = request.rawHeaders.flatMap((value, index, all) =>
          index % 2 ? [] : [`${value}: ${all[index + 1]}`],
        );
        onward.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
        onward.write(head);
        onward.pipe(socket).pipe(onward);
      });
      for (const [one, other] of [
        [socket, onward],
        [onward, socket],
      ] as const)
        one.on('error', () => other.destroy());
    });
    this.ingress.listen(0, '127.0.0.1');
    await once(this.ingress, 'listening');
    return `http://127.0.0.1:${(this.ingress.address() as net.AddressInfo).port}`;
  }

  /** @returns how each process ended */
  async stop(): Promise<{ name: string; code: number | null }[]> {
    this.ingress?.closeAllConnections();
    this.ingress?.close();
    const ends = await Promise.all(
      this.running.map(async ({ name, child }) => {
        if (child.exitCode === null && child.signalCode === null) {
          const ended = once(child, 'exit');
          // A second signal would mean to stop without draining.
          if (!child.killed) child.kill('SIGTERM');
          await ended;
        }
        return { name, code: child.exitCode };
      }),
    );
    await this.postgres.stop();
    rmSync(this.directory, { recursive: true, force: true });
    return ends;
  }
}

function serviceAt(url: string): Service {
  if (/^\/v1\/(telemetry|enrol|logs)\b/.test(url)) return 'telemetry';
  if (/^\/(v1\/blocklist|blocked)\b/.test(url)) return 'blocklist';
  return 'gateway';
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
