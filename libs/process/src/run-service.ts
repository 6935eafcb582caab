import { createHttpApp, listen, runUntilSignal } from '#kernel';
import { ProcessModule, type ProcessOptions } from './process.module.js';
import { explainStop } from './explain-stop.js';

export interface HttpAddress {
  readonly httpHost: string;
  readonly httpPort: number;
}

/**
 * Runs one service as a process of its own until it is told to stop: what it needs of the others it calls at the
 * addresses of its settings.
 *
 * @param load imports the service's module and reads where it listens; what is wrong there is reported like the rest
 */
export async function runService(
  name: string,
  load: () => Promise<Omit<ProcessOptions, 'services' | 'distributed'> & HttpAddress>,
): Promise<void> {
  try {
    const { modules, httpPort, httpHost } = await load();
    const app = await createHttpApp(ProcessModule.of({ services: [name], modules, distributed: true }));
    const url = await listen(app, httpPort, httpHost);
    process.stdout.write(`Gnomon ${name} is ready at ${url}\n`);
    await runUntilSignal(app);
  } catch (error) {
    explainStop(`Gnomon ${name}`, error);
  }
}
