import { Container } from './docker.js';
import { freePort } from './free-port.js';
import type { TestKafka } from './kafka.js';

const CONTROLLER_PORT = 9_093;

/** A broker in Docker, from the image of the Kafka project. Its ports are the same inside and on this machine's loopback. */
export class DockerKafka implements TestKafka {
  readonly pid = undefined;

  private constructor(
    private readonly container: Container,
    private readonly ports: { readonly plain: number; readonly proxied: number },
  ) {}

  /** @param proxyPort what the second listener says that it is at; default: where it is */
  static async start(version: string, proxyPort?: number): Promise<DockerKafka> {
    const plain = await freePort();
    const proxied = await freePort(undefined, [plain]);
    const container = await Container.run({
      image: `apache/kafka:${version}`,
      environment: environmentOf(plain, proxied, proxyPort ?? proxied),
      ports: [plain, proxied],
      readyLine: /Kafka Server started/,
    });
    return new DockerKafka(container, { plain, proxied });
  }

  get brokers(): string {
    return `127.0.0.1:${this.ports.plain}`;
  }

  get proxied(): string {
    return `127.0.0.1:${this.ports.proxied}`;
  }

  kill = (): Promise<void> => this.container.kill();
  restart = (): Promise<void> => this.container.restart();
  stop = (): Promise<void> => this.container.stop();
}

/** The image takes each setting of the broker as a variable. They are those of a broker of our own without Docker. */
export function environmentOf(plain: number, proxied: number, advertised: number): Record<string, string> {
  const settings: Readonly<Record<string, string | number | boolean>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${CONTROLLER_PORT}`,
    listeners: `PLAINTEXT://0.0.0.0:${plain},PROXIED://0.0.0.0:${proxied},CONTROLLER://127.0.0.1:${CONTROLLER_PORT}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${plain},PROXIED://127.0.0.1:${advertised}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    'auto.create.topics.enable': false,
    'log.initial.task.delay.ms': 100,
    'log.retention.check.interval.ms': 200,
    'log.cleaner.backoff.ms': 200,
  };
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      `KAFKA_${name.toUpperCase().replaceAll('.', '_')}`,
      String(value),
    ]),
  );
}
