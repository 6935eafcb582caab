import { spawnSync } from 'node:child_process';
import type { ContainerRuntimeClient, StartedTestContainer } from 'testcontainers';

const ASK_TIMEOUT_MS = 5_000;
let answer: boolean | undefined;

/** Whether a Docker daemon answers. Asked once. */
export function dockerAnswers(): boolean {
  answer ??= spawnSync('docker', ['info'], { stdio: 'ignore', timeout: ASK_TIMEOUT_MS }).status === 0;
  return answer;
}

type Handle = ReturnType<ContainerRuntimeClient['container']['getById']>;

export interface ContainerOptions {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  /** The same inside and on the loopback of this machine, so that it stays when the container starts again. */
  readonly ports: readonly number[];
  /** What it logs when it is up. */
  readonly readyLine: RegExp;
}

/** A container that can be killed and started again. It is removed when it stops, or after this process has ended. */
export class Container {
  private constructor(
    private readonly options: ContainerOptions,
    private readonly started: StartedTestContainer,
  ) {}

  static async run(options: ContainerOptions): Promise<Container> {
    const { GenericContainer, Wait } = await import('testcontainers');
    const container = new GenericContainer(options.image)
      .withEnvironment(options.environment ?? {})
      .withExposedPorts(...options.ports.map((port) => ({ container: port, host: port })))
      // One that was killed is to start again.
      .withAutoRemove(false)
      .withWaitStrategy(Wait.forLogMessage(options.readyLine));
    if (options.command) container.withCommand([...options.command]);
    return new Container(options, await container.start());
  }

  async kill(): Promise<void> {
    await (await this.handle()).kill();
  }

  async restart(): Promise<void> {
    const { BoundPorts, Wait } = await import('testcontainers');
    const handle = await this.handle();
    const since = new Date();
    await handle.start();
    await Wait.forLogMessage(this.options.readyLine).waitUntilReady(handle, new BoundPorts(), since);
  }

  async stop(): Promise<void> {
    await this.started.stop();
  }

  private async handle(): Promise<Handle> {
    const { getContainerRuntimeClient } = await import('testcontainers');
    return (await getContainerRuntimeClient()).container.getById(this.started.getId());
  }
}
