import { chooseServer } from './choose-server.js';
import { dockerAnswers } from './docker.js';
import { DockerKafka } from './docker-kafka.js';
import type { SecuredListeners } from './kafka-security.js';
import { KAFKA, OwnKafka, ownKafkaMissing } from './own-kafka.js';

/** A Kafka broker that tests may use, and, where it is one of our own, kill. */
export interface TestKafka {
  /** `host:port`, comma-separated. */
  readonly brokers: string;
  /** The process of our own broker, while it runs; undefined where `KAFKA_BROKERS` named another, or it is in Docker. */
  readonly pid: number | undefined;
  /** Listeners with log-in and TLS, if asked for. */
  readonly secured?: SecuredListeners | undefined;
  /** kill -9. Only a broker of our own. */
  kill(): Promise<void>;
  /** Starts a killed broker again on the same port, with the data it had. */
  restart(): Promise<void>;
  /** Ends it; its data goes, unless it lives in a directory that was named. */
  stop(): Promise<void>;
  /** Where a proxy leads to, in the place of `proxyPort`: `host:port`. */
  readonly proxied: string | undefined;
}

export interface KafkaOptions {
  /** Where its data lives and stays. Default: a temporary directory that goes with it. */
  readonly directory?: string;
  /** The port of a proxy on this machine: what asks through it is told to come back through it. */
  readonly proxyPort?: number;
  /** Whether it must be a process of our own on this machine, for it will be killed, say. */
  readonly own?: boolean;
  /** Whether it also has listeners with log-in and with TLS; then it is such a process, too. */
  readonly secured?: boolean;
}

/** Why there can be no broker (as a process of our own) on this machine; undefined where there can be one. */
export function kafkaMissing(own = false): string | undefined {
  if (sourceOf({ own })) return undefined;
  const missing = ownKafkaMissing();
  return own ? `a Kafka of its own: install ${missing}` : `Kafka: set KAFKA_BROKERS, or install Docker, or ${missing}`;
}

/**
 * A real Apache Kafka broker: the one `KAFKA_BROKERS` names, else one of our own on free loopback ports, in Docker or from
 * Maven Central on the local JDK. Our own looks after retention several times a second and ends with this process, however
 * that ends.
 */
export async function startKafka(options: KafkaOptions = {}): Promise<TestKafka> {
  const source = sourceOf(options);
  if (!source) throw new Error(kafkaMissing(options.own));
  if (source === 'native') return OwnKafka.start(options);
  if (source === 'docker') return DockerKafka.start(KAFKA, options.proxyPort);
  if (options.proxyPort) await notOurs();
  const brokers = process.env['KAFKA_BROKERS']!;
  const stop = async (): Promise<void> => undefined;
  return { brokers, pid: undefined, proxied: undefined, kill: notOurs, restart: notOurs, stop };
}

function sourceOf({ own, secured, directory }: KafkaOptions): ReturnType<typeof chooseServer> {
  const named = Boolean(process.env['KAFKA_BROKERS']);
  const sources = { named, docker: dockerAnswers, native: () => ownKafkaMissing() === undefined };
  // A directory is for data that stays: that of a container does not.
  const mustBeOwn = Boolean(own || secured || (directory !== undefined && !named));
  return chooseServer(sources, { prefer: 'docker', own: mustBeOwn });
}

const notOurs = async (): Promise<void> => {
  throw new Error('The broker is not one of the test run: it cannot be killed, nor put behind a proxy.');
};
