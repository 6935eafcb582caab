import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectRoot } from '../project-root.js';
import { leash } from '../servers/leash.js';
import type { Part, Service } from './part.js';
import { bareEnvironment, NODE_FLAGS } from './run-node.js';
import { ServiceLog } from './service-log.js';

const START_TIMEOUT_MS = 120_000;
const PROBE_TIMEOUT_MS = 10_000;

export interface ServicePlan {
  readonly name: string;
  readonly services: readonly Service[];
  readonly httpPort: number;
  readonly rpcPort: number;
  /** What it prints goes here. */
  readonly logFile: string;
}

/** One process that runs one service by its own main, or several by naming them. */
export class ServiceProcess implements Part {
  readonly kind = 'service';
  /** Started, and not ended by us since. */
  isWanted = false;
  private child: ChildProcess | undefined;
  readonly log: ServiceLog;

  constructor(
    readonly plan: ServicePlan,
    private readonly environment: () => Readonly<Record<string, string>>,
  ) {
    this.log = new ServiceLog(plan.logFile);
  }

  get name(): string {
    return this.plan.name;
  }

  get services(): readonly Service[] {
    return this.plan.services;
  }

  get address(): string {
    return `127.0.0.1:${this.plan.httpPort}`;
  }

  get url(): string {
    return `http://${this.address}`;
  }

  get rpcUrl(): string {
    return `http://127.0.0.1:${this.plan.rpcPort}`;
  }

  get pid(): number | undefined {
    return this.isRunning() ? this.child!.pid : undefined;
  }

  /** How it ended the last time; null where a signal ended it, undefined where it runs or never did. */
  get exitCode(): number | null | undefined {
    return this.isRunning() ? undefined : this.child?.exitCode;
  }

  isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  async start(): Promise<void> {
    if (this.isRunning()) return;
    const { services, httpPort, rpcPort, logFile } = this.plan;
    const [only] = services;
    const alone = services.length === 1;
    const log = openSync(logFile, 'a');
    // By the entry of the container image, so that it is tested wherever a stack is.
    const child = spawn(process.execPath, [...NODE_FLAGS, 'bin/process.js', alone ? only! : 'standalone'], {
      cwd: projectRoot(),
      env: {
        ...bareEnvironment(),
        ...this.environment(),
        GNOMON_RPC_PORT: String(rpcPort),
        ...(alone ? {} : { GNOMON_SERVICES: services.join(',') }),
        [alone ? `GNOMON_${only!.toUpperCase()}_HTTP_PORT` : 'GNOMON_HTTP_PORT']: String(httpPort),
      },
      stdio: ['ignore', log, log],
      // A Ctrl-C on the terminal is for whoever runs the stack: it drains this process.
      detached: true,
    });
    closeSync(log);
    this.child = child;
    this.isWanted = true;
    leash(child);
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await this.listens())) {
      this.checkRunning();
      if (Date.now() > deadline) throw new Error(`${this.name} does not listen:\n${this.log.tail()}`);
      await sleep(50);
    }
  }

  /** Resolves once it says that it is ready. @throws Error with its reason, or its last words */
  async ready(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      this.checkRunning();
      const reason = await this.whyNotReady();
      if (reason === undefined) return;
      if (Date.now() > deadline) throw new Error(`${this.name} is not ready: ${reason}`);
      await sleep(50);
    }
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  async freeze(): Promise<void> {
    this.child?.kill('SIGSTOP');
  }

  async thaw(): Promise<void> {
    this.child?.kill('SIGCONT');
  }

  async cut(): Promise<void> {
    throw new Error(`${this.name} is a service: only Kafka, Redis and Postgres have a connection that can be cut.`);
  }

  private checkRunning(): void {
    if (!this.isRunning()) throw new Error(`${this.name} ended by itself:\n${this.log.tail()}`);
  }

  private async whyNotReady(): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) });
      const text = await answer.text();
      return answer.ok ? undefined : text;
    } catch (error) {
      return String(error);
    }
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    this.isWanted = false;
    if (!this.isRunning()) return;
    const ended = once(this.child!, 'exit');
    this.child!.kill(signal);
    // One that is frozen hears only this.
    this.child!.kill('SIGCONT');
    await ended;
  }

  private listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.plan.httpPort, '127.0.0.1');
      socket.once('error', () => resolve(false));
      socket.once('connect', () => {
        socket.destroy();
        resolve(true);
      });
    });
  }
}
