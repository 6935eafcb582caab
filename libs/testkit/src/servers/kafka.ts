import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const KAFKA = '4.3.1';
const LOG4J = '2.25.4';
const START_TIMEOUT_MS = 60_000;

/** A Kafka broker that tests may use, and, where it is one of our own, kill. */
export interface TestKafka {
  /** `host:port`, comma-separated. */
  readonly brokers: string;
  /** The process of our own broker; undefined where `KAFKA_BROKERS` named another. */
  readonly pid: number | undefined;
  /** kill -9. Only a broker of our own. */
  kill(): Promise<void>;
  /** Starts a killed broker again on the same port, with the data it had. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Why there can be no broker on this machine; undefined where there can be one. */
export function kafkaMissing(): string | undefined {
  if (process.env['KAFKA_BROKERS']) return undefined;
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (version < 17) return 'Kafka: set KAFKA_BROKERS, or install a JDK 17 or later and Maven';
  if (!existsSync(jars()) && spawnSync('mvn', ['-version']).status !== 0) {
    return 'Kafka: set KAFKA_BROKERS, or install Maven';
  }
  return undefined;
}

/**
 * A real Apache Kafka broker: the one `KAFKA_BROKERS` names, else one of our own on a free loopback port, from Maven Central
 * on the local JDK. Our own looks after retention several times a second and ends with this process, however that ends.
 */
export async function startKafka(): Promise<TestKafka> {
  const named = process.env['KAFKA_BROKERS'];
  if (named) return { brokers: named, pid: undefined, kill: notOurs, restart: notOurs, stop: async () => undefined };
  return OwnKafka.start();
}

const notOurs = async (): Promise<void> => {
  throw new Error('The broker is not one of the test run: it cannot be killed.');
};

class OwnKafka implements TestKafka {
  private child: ChildProcess | undefined;
  private broker: number | undefined;

  private constructor(
    private readonly directory: string,
    private readonly port: number,
    private readonly libraries: string,
  ) {}

  static async start(): Promise<OwnKafka> {
    const libraries = fetchJars();
    const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-kafka-'));
    const [port, controllerPort] = await freePorts();
    writeFileSync(path.join(directory, 'server.properties'), properties(directory, port!, controllerPort!));
    writeFileSync(path.join(directory, 'log4j2.properties'), LOGGING);
    const kafka = new OwnKafka(directory, port!, libraries);
    kafka.format();
    await kafka.restart();
    return kafka;
  }

  get brokers(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number | undefined {
    return this.broker;
  }

  async restart(): Promise<void> {
    const java = this.java('-Xmx512m', 'kafka.Kafka', path.join(this.directory, 'server.properties'));
    // The shell reads from this process until it ends, however it ends; then the broker goes, too.
    const script = `"$@" >"$0" 2>&1 & echo $!; cat >/dev/null; kill -9 $!`;
    const log = path.join(this.directory, 'broker.log');
    this.child = spawn('sh', ['-c', script, log, 'java', ...java], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.child.unref();
    const lines = createInterface({ input: this.child.stdout! });
    this.broker = Number(await new Promise<string>((resolve) => lines.once('line', resolve)));
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await answers(this.port))) {
      if (Date.now() > deadline || !isAlive(this.broker)) {
        throw new Error(`Kafka did not start:\n${readFileSync(log, 'utf8').slice(-4_000)}`);
      }
      await sleep(50);
    }
  }

  async kill(): Promise<void> {
    if (this.broker && isAlive(this.broker)) process.kill(this.broker, 'SIGKILL');
    while (this.broker && isAlive(this.broker)) await sleep(10);
    this.child?.stdin?.end();
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private format(): void {
    const config = path.join(this.directory, 'server.properties');
    const id = spawnSync('java', this.java('-Xmx128m', 'kafka.tools.StorageTool', 'random-uuid'), { encoding: 'utf8' });
    const uuid = id.stdout.trim().split('\n').at(-1) ?? '';
    const args = ['format', '-t', uuid, '-c', config, '--standalone'];
    const made = spawnSync('java', this.java('-Xmx128m', 'kafka.tools.StorageTool', ...args), { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`Kafka's storage could not be formatted: ${made.stdout}${made.stderr}`);
  }

  private java(...args: string[]): string[] {
    const logging = `-Dlog4j2.configurationFile=${path.join(this.directory, 'log4j2.properties')}`;
    const [heap, ...rest] = args;
    return [heap!, '-XX:+UseSerialGC', logging, '-cp', path.join(this.libraries, '*'), ...rest];
  }
}

const LOGGING = `rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1} %m%n
`;

function properties(directory: string, port: number, controllerPort: number): string {
  return `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=${path.join(directory, 'data')}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=500
auto.create.topics.enable=false
log.initial.task.delay.ms=100
log.retention.check.interval.ms=200
log.cleaner.backoff.ms=200
log.cleaner.dedupe.buffer.size=8388608
log.index.size.max.bytes=1048576
`;
}

function cache(): string {
  return path.join(process.cwd(), 'node_modules', '.cache', 'gnomon', `kafka-${KAFKA}`);
}

function jars(): string {
  return path.join(cache(), 'lib');
}

/** The broker's jars, from Maven Central the first time. */
function fetchJars(): string {
  if (existsSync(jars())) return jars();
  mkdirSync(cache(), { recursive: true });
  const unfinished = mkdtempSync(path.join(cache(), 'new-'));
  const dependency = (group: string, artifact: string, version: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  writeFileSync(
    path.join(unfinished, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>gnomon.test</groupId><artifactId>kafka</artifactId><version>1</version><dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', KAFKA)}
${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J)}
</dependencies></project>`,
  );
  const args = ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'];
  const copied = spawnSync('mvn', args, { cwd: unfinished, encoding: 'utf8' });
  if (copied.status !== 0) throw new Error(`Kafka could not be fetched: ${copied.stdout}${copied.stderr}`);
  try {
    renameSync(path.join(unfinished, 'lib'), jars());
  } catch (error) {
    // Another test file was faster.
    if (!existsSync(jars())) throw error;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return jars();
}

async function freePorts(): Promise<number[]> {
  const servers = [createServer(), createServer()];
  return Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve, reject) => {
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => {
            const { port } = server.address() as { port: number };
            server.close(() => resolve(port));
          });
        }),
    ),
  );
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
