import path from 'node:path';
import { freePort } from '../servers/free-port.js';
import { startKafka, type TestKafka } from '../servers/kafka.js';
import { startRedis, type TestRedis } from '../servers/redis.js';
import { TcpProxy } from '../servers/tcp-proxy.js';
import { PostgresServer } from './postgres-server.js';
import { ServerPart } from './server-part.js';

export interface ServersOptions {
  readonly directory: string;
  readonly kafka: boolean;
  readonly redis: boolean;
  /** Whether the services reach them through proxies that can be cut. */
  readonly proxied: boolean;
  readonly onProgress: (line: string) => void;
}

/** The servers under the services. Each has a folder of its own in the directory and keeps its data there. */
export class Servers {
  readonly parts: ServerPart[] = [];
  postgres!: PostgresServer;
  kafka: TestKafka | undefined;
  redis: TestRedis | undefined;

  private constructor(private readonly options: ServersOptions) {}

  /** @throws Error where another process uses the directory */
  static async start(options: ServersOptions): Promise<Servers> {
    const servers = new Servers(options);
    try {
      // First, and alone: it notices where somebody else uses the directory.
      await servers.startPostgres();
      const outcomes = await Promise.allSettled([
        options.kafka ? servers.startKafka() : undefined,
        options.redis ? servers.startRedis() : undefined,
      ]);
      const failed = outcomes.find((outcome) => outcome.status === 'rejected');
      if (failed) throw failed.reason;
    } catch (error) {
      await servers.stop('kill');
      throw error;
    }
    return servers;
  }

  /** Where the services find them: through the proxies if there are some. */
  get databaseUrl(): string {
    return withPort(this.postgres.url, this.addressOf('postgres'));
  }

  get redisUrl(): string {
    return this.redis ? withPort(this.redis.url, this.addressOf('redis')) : '';
  }

  get brokers(): string {
    return this.kafka ? this.addressOf('kafka') : '';
  }

  /** @param how planned, or at once because nobody needs the data any more */
  async stop(how: 'stop' | 'kill'): Promise<void> {
    await Promise.all(this.parts.map((part) => (how === 'kill' ? part.kill() : part.stop())));
    await Promise.all(this.parts.map((part) => part.closeProxy()));
  }

  private async startPostgres(): Promise<void> {
    this.options.onProgress('Postgres starts');
    this.postgres = await PostgresServer.start(this.folder('postgres'));
    const { port } = this.postgres;
    const proxy = await this.proxyTo(() => port);
    this.parts.push(new ServerPart('postgres', `127.0.0.1:${proxy?.port ?? port}`, this.postgres, proxy));
  }

  private async startKafka(): Promise<void> {
    this.options.onProgress('Kafka starts');
    const proxy = await this.proxyTo(() => portOf(this.kafka!.proxied!));
    const kafka = await startKafka({
      directory: this.folder('kafka'),
      ...(proxy ? { proxyPort: proxy.port } : {}),
    });
    this.kafka = kafka;
    this.parts.push(new ServerPart('kafka', proxy ? `127.0.0.1:${proxy.port}` : kafka.brokers, kafka, proxy));
    this.options.onProgress(`Kafka runs at ${kafka.brokers}`);
  }

  private async startRedis(): Promise<void> {
    this.options.onProgress('Redis starts');
    const redis = await startRedis({ directory: this.folder('redis') });
    this.redis = redis;
    const { host, port } = new URL(redis.url);
    const proxy = await this.proxyTo(() => Number(port));
    this.parts.push(new ServerPart('redis', proxy ? `127.0.0.1:${proxy.port}` : host, redis, proxy));
    this.options.onProgress(`Redis runs at ${host}`);
  }

  private async proxyTo(target: () => number): Promise<TcpProxy | undefined> {
    return this.options.proxied ? TcpProxy.start(await freePort(), target) : undefined;
  }

  private addressOf(name: string): string {
    return this.parts.find((part) => part.name === name)!.address;
  }

  private folder(name: string): string {
    return path.join(this.options.directory, name);
  }
}

function withPort(url: string, address: string): string {
  const changed = new URL(url);
  changed.host = address;
  return changed.href;
}

function portOf(address: string): number {
  return Number(address.split(':').at(-1));
}
