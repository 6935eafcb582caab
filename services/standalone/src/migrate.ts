// `npm run migrate`: brings the tables of the services up to date and ends. Safe to run twice, and at the same time.
import path from 'node:path';
import { DatabaseSettings, migrateServices, type EmbeddedPostgres } from '#database';
import { migrateJobs } from '#jobs';
import { explainStop } from '#process';
import { openDataDirectory } from './data-directory.js';
import { modulesOf } from './service-modules.js';
import { servicesIn, StandaloneSettings } from './standalone.config.js';

async function main(): Promise<void> {
  const settings = StandaloneSettings.load();
  const postgres = DatabaseSettings.load().url ? undefined : await ownPostgres(settings.dataDirectory);
  try {
    await modulesOf(servicesIn(settings.services));
    for (const { schema, applied } of await migrateServices())
      process.stdout.write(`${schema}: ${applied.length > 0 ? applied.join(', ') : 'up to date'}\n`);
    await migrateJobs();
    process.stdout.write('jobs: up to date\n');
  } finally {
    await postgres?.stop();
  }
}

async function ownPostgres(directory: string): Promise<EmbeddedPostgres | undefined> {
  const stop = (reason: Error): never => explainStop('The migration', reason);
  return (await openDataDirectory(path.resolve(directory), stop)).postgres;
}

main().catch((error: unknown) => explainStop('The migration', error));
