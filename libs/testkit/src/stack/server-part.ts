import type { TcpProxy } from '../servers/tcp-proxy.js';
import type { Part, PartKind } from './part.js';
import { signalTree } from './process-tree.js';

/** What Kafka, Redis and Postgres have in common. */
export interface Server {
  readonly pid: number | undefined;
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Keeps the data. */
  stop(): Promise<void>;
}

/** Kafka, Redis or Postgres, with the proxy before it if there is one. */
export class ServerPart implements Part {
  constructor(
    readonly kind: Exclude<PartKind, 'service'>,
    readonly address: string,
    private readonly server: Server,
    private readonly proxy?: TcpProxy,
  ) {}

  get name(): string {
    return this.kind;
  }

  get pid(): number | undefined {
    return this.server.pid;
  }

  async kill(): Promise<void> {
    await this.server.kill();
  }

  async start(): Promise<void> {
    if (this.pid === undefined) await this.server.restart();
  }

  async stop(): Promise<void> {
    await this.thaw();
    await this.server.stop();
  }

  async freeze(): Promise<void> {
    if (this.pid !== undefined) signalTree(this.pid, 'SIGSTOP');
  }

  async thaw(): Promise<void> {
    if (this.pid !== undefined) signalTree(this.pid, 'SIGCONT');
  }

  async cut(ms: number): Promise<void> {
    if (!this.proxy) throw new Error(`There is no proxy before ${this.name}: start the stack with proxied: true.`);
    await this.proxy.cut(ms);
  }

  async closeProxy(): Promise<void> {
    await this.proxy?.stop();
  }
}
