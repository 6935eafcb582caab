import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { catalogFile, type TestCatalog } from '../catalog-file.js';
import { freePort } from '../servers/free-port.js';
import { Ingress } from './ingress.js';
import { SERVICES, type Part, type Service } from './part.js';
import { runNode } from './run-node.js';
import { Servers } from './servers.js';
import { ServiceProcess } from './service-process.js';
import { StackFile } from './stack-file.js';

export interface StackOptions {
  /** Where its data and its logs live and stay. Default: a temporary directory that goes when it stops. */
  readonly directory?: string;
  /** By name: the services each process runs; several may run the same one. Default: one for each, two of telemetry. */
  readonly processes?: Readonly<Record<string, readonly Service[]>>;
  /** Default: kafka. */
  readonly eventLog?: 'kafka' | 'postgres';
  /** Whether jobs and wake-ups go over Redis. Default: true. */
  readonly redis?: boolean;
  /** Whether the services reach Kafka, Redis and Postgres through proxies that can be cut. Default: false. */
  readonly proxied?: boolean;
  /** The port of the one URL. Default: a free one. */
  readonly port?: number;
  /** Which apps it knows. Default: a sample of the shipped ones. */
  readonly catalog?: TestCatalog;
  /** More settings for every service. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly onProgress?: (line: string) => void;
}

/** How a service process ended; null: by a signal. */
export interface End {
  readonly name: string;
  readonly code: number | null;
}

const READY_TIMEOUT_MS = 120_000;
const RPC_NAMES: Readonly<Record<Service, string>> = {
  gateway: 'IDENTITY',
  catalog: 'CATALOG',
  telemetry: 'TELEMETRY',
  policy: 'POLICY',
  blocklist: 'BLOCKLIST',
  correlator: 'CORRELATOR',
};

/** The processes of the distributed profile: each service once, telemetry as often as wanted. */
export function oneProcessEach(telemetry = 2): Record<string, readonly Service[]> {
  const processes: Record<string, readonly Service[]> = {};
  for (const service of SERVICES) {
    if (service !== 'telemetry') processes[service] = [service];
    else for (let number = 1; number <= telemetry; number++) processes[`telemetry-${number}`] = [service];
  }
  return processes;
}

/**
 * The distributed profile on one machine without Docker: Kafka, Redis, Postgres, each service in processes of its own, and
 * one URL for all. Everything ends with this process, however that ends.
 */
export class Stack {
  private readonly services: ServiceProcess[] = [];
  private readonly file: StackFile;
  private readonly isTemporary: boolean;
  private ingress: Ingress | undefined;

  private constructor(
    private readonly options: StackOptions,
    private readonly directory: string,
    private readonly servers: Servers,
  ) {
    this.isTemporary = options.directory === undefined;
    this.file = new StackFile(directory);
  }

  /** Starts everything. Resolves when every service is ready and there is an organisation. */
  static async start(options: StackOptions = {}): Promise<Stack> {
    const stack = await Stack.prepare(options);
    try {
      await Promise.all([stack.migrate(), stack.openIngress()]);
      await Promise.all(stack.services.map((service) => stack.startService(service)));
      await stack.ready();
      await stack.bootstrap();
      return stack;
    } catch (error) {
      const logs = stack.logs();
      await stack.kill();
      throw logs ? new Error(`${messageOf(error)}\n${logs}`, { cause: error }) : error;
    }
  }

  /** Starts the servers only; the processes are planned, and can be started one by one. */
  static async prepare(options: StackOptions = {}): Promise<Stack> {
    const directory = path.resolve(options.directory ?? mkdtempSync(path.join(os.tmpdir(), 'gnomon-stack-')));
    // Postgres may run as a user of its own.
    mkdirSync(path.join(directory, 'logs'), { recursive: true, mode: 0o711 });
    const servers = await Servers.start({
      directory,
      kafka: options.eventLog !== 'postgres',
      redis: options.redis ?? true,
      proxied: options.proxied ?? false,
      onProgress: (line) => options.onProgress?.(line),
    });
    const stack = new Stack(options, directory, servers);
    for (const [name, services] of Object.entries(options.processes ?? oneProcessEach())) {
      await stack.plan(name, services);
    }
    return stack;
  }

  /** The one URL. */
  get url(): string {
    return this.ingress!.url;
  }

  get adminToken(): string {
    return this.file.get().adminToken!;
  }

  get enrolmentSecret(): string {
    return this.file.get().enrolmentSecret!;
  }

  /** For somebody who reads with eyes of their own: never through a proxy. The same holds for the two below. */
  get brokers(): string {
    return this.servers.kafka?.brokers ?? '';
  }

  get databaseUrl(): string {
    return this.servers.postgres.url;
  }

  get redisUrl(): string {
    return this.servers.redis?.url ?? '';
  }

  /** What the names of topics and groups on the brokers begin with. */
  get kafkaPrefix(): string {
    return process.env['KAFKA_BROKERS'] ? this.file.get().kafkaPrefix : '';
  }

  parts(): Part[] {
    return [...this.services, ...this.servers.parts];
  }

  /** @throws Error where there is no such part */
  part(name: string): Part {
    const found = this.parts().find((part) => part.name === name);
    if (!found) throw new Error(`The stack has no part ${name}.`);
    return found;
  }

  /** Runs SQL on the product's database. */
  async execute(sql: string): Promise<void> {
    await this.servers.postgres.execute(sql);
  }

  /** Forgets every key in Redis. */
  async flushRedis(): Promise<void> {
    await this.servers.redis!.flush();
  }

  /**
   * Starts one more process. It shares the work on events and jobs, and devices reach it; the calls of the other processes go
   * to those that they were told of when they started.
   */
  async addProcess(name: string, services: readonly Service[]): Promise<Part> {
    const service = await this.plan(name, services);
    await this.startService(service);
    return service;
  }

  /** What every process is told. */
  environment(): Record<string, string> {
    const { servers, options } = this;
    const { serviceKey, secretKey } = this.file.get();
    return {
      GNOMON_DATABASE_URL: servers.databaseUrl,
      GNOMON_DATABASE_POOL_SIZE: '5',
      GNOMON_SERVICE_KEY: serviceKey,
      GNOMON_SECRET_KEY: secretKey,
      GNOMON_MIGRATE: 'false',
      GNOMON_CATALOG_FILE: catalogFile(options.catalog),
      ...(servers.kafka && {
        GNOMON_EVENT_LOG: 'kafka',
        GNOMON_KAFKA_BROKERS: servers.brokers,
        GNOMON_KAFKA_PREFIX: this.kafkaPrefix,
      }),
      ...(servers.redis && {
        GNOMON_JOBS_BACKEND: 'redis',
        GNOMON_WAKE_UPS: 'redis',
        GNOMON_REDIS_URL: servers.redisUrl,
      }),
      ...this.rpcUrls(),
      ...options.environment,
    };
  }

  /** Brings the tables up to date. */
  async migrate(): Promise<void> {
    this.options.onProgress?.('The tables are brought up to date');
    await this.command('migrate');
  }

  /** Makes the organisation and its first secrets, unless a start before did. */
  async bootstrap(): Promise<void> {
    if (this.file.get().adminToken) return;
    const output = await this.command('bootstrap');
    const adminToken = /admin token\s+(\S+)/.exec(output)?.[1];
    const enrolmentSecret = /enrolment secret\s+(\S+)/.exec(output)?.[1];
    if (!adminToken || !enrolmentSecret)
      throw new Error(`${this.directory} has an organisation, but its secrets are lost: use an empty directory.`);
    this.file.keep({ adminToken, enrolmentSecret });
  }

  /** Opens the one URL, where it is not open. */
  async openIngress(): Promise<string> {
    this.ingress ??= await Ingress.open(this.options.port ?? 0, () =>
      this.services
        .filter((service) => service.isRunning())
        .map(({ services, plan }) => ({ services, port: plan.httpPort })),
    );
    return this.ingress.url;
  }

  /** Resolves once every service that runs says that it is ready. @throws Error also where one ended by itself */
  async ready(timeoutMs = READY_TIMEOUT_MS): Promise<void> {
    const wanted = this.services.filter((service) => service.isWanted);
    await Promise.all(
      wanted.map(async (service) => {
        await service.ready(timeoutMs);
        this.options.onProgress?.(`${service.name} is ready`);
      }),
    );
  }

  /** The warnings and errors that the services have logged since this was last asked, with the name of each. */
  logs(): string {
    return this.services.flatMap(({ name, log }) => log.fresh().map((line) => `${name}: ${line}`)).join('\n');
  }

  /** Drains the services, then stops the servers. @returns how the services ended */
  async stop(): Promise<End[]> {
    await this.ingress?.close();
    await Promise.all(this.services.map((service) => service.stop()));
    const ends = this.services.flatMap(({ name, exitCode }) =>
      exitCode === undefined ? [] : [{ name, code: exitCode }],
    );
    await this.servers.stop(this.isTemporary ? 'kill' : 'stop');
    this.remove();
    return ends;
  }

  /** Ends everything at once. */
  private async kill(): Promise<void> {
    await this.ingress?.close();
    await Promise.all(this.services.map((service) => service.kill()));
    await this.servers.stop('kill');
    this.remove();
  }

  private remove(): void {
    if (this.isTemporary) rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 });
  }

  private async plan(name: string, services: readonly Service[]): Promise<ServiceProcess> {
    const taken = this.services.flatMap(({ plan }) => [plan.httpPort, plan.rpcPort]);
    const httpPort = await freePort(undefined, taken);
    const rpcPort = await freePort(undefined, [...taken, httpPort]);
    const logFile = path.join(this.directory, 'logs', `${name}.log`);
    const service = new ServiceProcess({ name, services, httpPort, rpcPort, logFile }, () => this.environment());
    this.services.push(service);
    return service;
  }

  private async startService(service: ServiceProcess): Promise<void> {
    await service.start();
    this.options.onProgress?.(`${service.name} listens at ${service.url}`);
  }

  private rpcUrls(): Record<string, string> {
    const urls: Record<string, string> = {};
    for (const service of SERVICES) {
      const serving = this.services.filter(({ services }) => services.includes(service));
      urls[`GNOMON_RPC_${RPC_NAMES[service]}_URL`] = serving.map(({ rpcUrl }) => rpcUrl).join(',');
    }
    return urls;
  }

  private async command(name: 'migrate' | 'bootstrap'): Promise<string> {
    const { code, output } = await runNode([`dist/services/standalone/src/${name}.js`], this.environment());
    if (code !== 0) throw new Error(`npm run ${name} ended with ${code}:\n${output}`);
    return output;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
