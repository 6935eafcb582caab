import path from 'node:path';
import { createHttpApp, listen, runUntilSignal, type SettingsOf } from '#kernel';
import { explainStop, runServices } from '#process';
import { ContractRegistry } from '#rpc';
import { openDataDirectory } from './data-directory.js';
import { firstStart, secretLines, type Secrets } from './first-start.js';
import { modulesOf } from './service-modules.js';
import { SERVICES, servicesIn, StandaloneSettings } from './standalone.config.js';

async function main(): Promise<void> {
  const settings = StandaloneSettings.load();
  const services = servicesIn(settings.services);
  if (SERVICES.every((service) => services.includes(service))) return runEverything(settings);
  return runServices(services, async () => ({ ...settings, modules: await modulesOf(services) }));
}

/** All services in one process, on a Postgres of its own unless it is given one. */
async function runEverything(settings: SettingsOf<typeof StandaloneSettings>): Promise<void> {
  const directory = path.resolve(settings.dataDirectory);
  const { postgres } = await openDataDirectory(directory, giveUp);
  try {
    // Imported only now: modules read their settings when they are loaded, and the data directory provides some.
    const { StandaloneModule } = await import('./standalone.module.js');
    const app = await createHttpApp(StandaloneModule);
    const url = await listen(app, settings.httpPort, settings.httpHost);
    const made = await firstStart(app.get(ContractRegistry, { strict: false }), settings);
    process.stdout.write(welcome(url, directory, made));
    await runUntilSignal(app, async () => postgres?.stop());
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}

/** Whoever watches this process starts it again; everything that was acknowledged is on the disk. */
function giveUp(reason: Error): never {
  process.stderr.write(`Gnomon stops, because it has no database any more: ${reason.message}\n`);
  process.exit(1);
}

/** What a person, or the demo, reads to know where everything is. */
function welcome(url: string, directory: string, secrets: Secrets): string {
  const lines = [
    `Gnomon is ready at ${url}`,
    `  GraphiQL          ${url}/graphiql`,
    `  data              ${directory}`,
  ];
  lines.push(...secretLines(secrets));
  return `${lines.join('\n')}\n`;
}

main().catch((error: unknown) => explainStop('Gnomon', error));
