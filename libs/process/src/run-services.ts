import type { Type } from '@nestjs/common';
import { createHttpApp, listen, runUntilSignal } from '#kernel';
import { explainStop } from './explain-stop.js';
import { ProcessModule } from './process.module.js';

export interface HttpAddress {
  readonly httpHost: string;
  readonly httpPort: number;
}

/**
 * Runs services as a process of their own until it is told to stop: what they need of the others they call at the
 * addresses of the settings.
 *
 * @param load imports their modules and says where to listen; what is wrong there is reported like the rest
 */
export async function runServices(
  services: readonly string[],
  load: () => Promise<{ readonly modules: readonly Type[] } & HttpAddress>,
): Promise<void> {
  const name = services.join(',');
  try {
    const { modules, httpPort, httpHost } = await load();
    const app = await createHttpApp(ProcessModule.of(services, modules));
    const url = await listen(app, httpPort, httpHost);
    process.stdout.write(`Gnomon ${name} is ready at ${url}\n`);
    await runUntilSignal(app);
  } catch (error) {
    explainStop(`Gnomon ${name}`, error);
  }
}
