import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { SCRAM_USERS, listenersOf, secure, securityProperties, type SecuredListeners } from './kafka-security.js';
import type { KafkaOptions, TestKafka } from './kafka.js';

/** The version that tests and the stack run. */
export const KAFKA = '4.3.1';
const LOG4J = '2.25.4';
const START_TIMEOUT_MS = 180_000;
const STOP_TIMEOUT_MS = 20_000;
const OLDEST_JAVA = 17;

/** Why no broker can run as a process of this machine; undefined where one can. */
export function ownKafkaMissing(): string | undefined {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (version < OLDEST_JAVA) return `a JDK ${OLDEST_JAVA} or later and Maven`;
  return existsSync(jars()) || spawnSync('mvn', ['-version']).status === 0 ? undefined : 'Maven';
}

/** A broker of our own, from Maven Central on the local JDK. */
export class OwnKafka implements TestKafka {
  private child: ChildProcess | undefined;
  private broker: number | undefined;

  private constructor(
    private readonly directory: string,
    private readonly keepsData: boolean,
    private readonly ports: Ports,
    private readonly libraries: string,
    readonly secured: SecuredListeners | undefined,
  ) {}

  static async start(options: KafkaOptions): Promise<OwnKafka> {
    const libraries = fetchJars();
    const directory = options.directory ?? mkdtempSync(path.join(os.tmpdir(), 'gnomon-kafka-'));
    mkdirSync(directory, { recursive: true });
    const ports = await choosePorts(directory);
    const secured = options.secured ? secure(directory, await securedPorts(ports)) : undefined;
    const text = properties(directory, ports, options.proxyPort ?? ports.proxied, secured);
    writeFileSync(path.join(directory, 'server.properties'), text);
    writeFileSync(path.join(directory, 'log4j2.properties'), LOGGING);
    const kafka = new OwnKafka(directory, options.directory !== undefined, ports, libraries, secured);
    if (!existsSync(path.join(directory, 'data', 'meta.properties'))) await kafka.format();
    await kafka.restart();
    return kafka;
  }

  get brokers(): string {
    return `127.0.0.1:${this.ports.plain}`;
  }

  get proxied(): string {
    return `127.0.0.1:${this.ports.proxied}`;
  }

  get pid(): number | undefined {
    return this.broker && isAlive(this.broker) ? this.broker : undefined;
  }

  async restart(): Promise<void> {
    const java = this.java('-Xmx512m', 'kafka.Kafka', path.join(this.directory, 'server.properties'));
    // The shell reads from this process until it ends, however it ends; then the broker goes, too.
    const script = `"$@" >"$0" 2>&1 & echo $!; cat >/dev/null; kill -9 $!`;
    const log = path.join(this.directory, 'broker.log');
    this.child = spawn('sh', ['-c', script, log, 'java', ...java], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    this.child.unref();
    const lines = createInterface({ input: this.child.stdout! });
    this.broker = Number(await new Promise<string>((resolve) => lines.once('line', resolve)));
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (!(await answers(this.ports.plain))) {
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
    if (this.keepsData && this.broker && isAlive(this.broker)) await this.shutDown(this.broker);
    await this.kill();
    if (!this.keepsData) rmSync(this.directory, { recursive: true, force: true });
  }

  /** In its own way, which spares the next start a recovery. */
  private async shutDown(broker: number): Promise<void> {
    process.kill(broker, 'SIGTERM');
    const deadline = Date.now() + STOP_TIMEOUT_MS;
    while (isAlive(broker) && Date.now() < deadline) await sleep(20);
  }

  private async format(): Promise<void> {
    const config = path.join(this.directory, 'server.properties');
    const users = this.secured ? SCRAM_USERS : [];
    const args = ['format', '-t', clusterId(), '-c', config, '--standalone', ...users];
    const java = this.java('-Xmx128m', 'kafka.tools.StorageTool', ...args);
    await promisify(execFile)('java', java).catch((error: { stdout?: string; stderr?: string }) => {
      throw new Error(`Kafka's storage could not be formatted: ${error.stdout}${error.stderr}`, { cause: error });
    });
  }

  private java(...args: string[]): string[] {
    const logging = `-Dlog4j2.configurationFile=${path.join(this.directory, 'log4j2.properties')}`;
    const [heap, ...rest] = args;
    return [heap!, '-XX:+UseSerialGC', logging, '-cp', path.join(this.libraries, '*'), ...rest];
  }
}

/** A UUID as Kafka writes it: its tools take a leading dash for an option. */
function clusterId(): string {
  return `g${randomBytes(16).toString('base64url').slice(1)}`;
}

const LOGGING = `rootLogger.level=WARN
rootLogger.appenderRef.out.ref=out
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d %p %c{1} %m%n
`;

interface Ports {
  readonly plain: number;
  readonly controller: number;
  /** The listener behind a proxy. */
  readonly proxied: number;
}

function properties(directory: string, ports: Ports, proxyPort: number, secured: SecuredListeners | undefined): string {
  const more = secured ? listenersOf(secured) : { addresses: [], protocols: [] };
  const plain = `PLAINTEXT://127.0.0.1:${ports.plain}`;
  const protocols = ['PLAINTEXT:PLAINTEXT', 'PROXIED:PLAINTEXT', 'CONTROLLER:PLAINTEXT', ...more.protocols];
  return `process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:${ports.controller}
listeners=${[plain, `PROXIED://127.0.0.1:${ports.proxied}`, `CONTROLLER://127.0.0.1:${ports.controller}`, ...more.addresses].join(',')}
advertised.listeners=${[plain, `PROXIED://127.0.0.1:${proxyPort}`, ...more.addresses].join(',')}
controller.listener.names=CONTROLLER
listener.security.protocol.map=${protocols.join(',')}
inter.broker.listener.name=PLAINTEXT
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
${secured ? securityProperties(directory) : ''}`;
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

/** The ports that the directory's broker had, where they are still free: its quorum remembers itself by them. */
async function choosePorts(directory: string): Promise<Ports> {
  const file = path.join(directory, 'ports.json');
  const last = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Ports) : undefined;
  const plain = await freePort(last?.plain);
  const controller = await freePort(last?.controller, [plain]);
  const ports = { plain, controller, proxied: await freePort(last?.proxied, [plain, controller]) };
  writeFileSync(file, JSON.stringify(ports));
  return ports;
}

async function securedPorts({ plain, controller, proxied }: Ports): Promise<number[]> {
  const taken = [plain, controller, proxied];
  for (let index = 0; index < 3; index++) taken.push(await freePort(0, taken));
  return taken.slice(3);
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
