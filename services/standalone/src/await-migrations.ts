// Waits until somebody has brought the tables of the services up to date, and changes nothing: what a deployment starts
// before a process that would end where they are behind. GNOMON_SERVICES says whose tables.
import { setTimeout as sleep } from 'node:timers/promises';
import { checkServicesMigrated } from '#database';
import { isDomainError, messageOf } from '#kernel';
import { explainStop } from '#process';
import { modulesOf } from './service-modules.js';
import { servicesIn, StandaloneSettings } from './standalone.config.js';

const PAUSE_MS = 2_000;

async function main(): Promise<void> {
  const services = servicesIn(StandaloneSettings.load().services);
  await modulesOf(services);
  let reason: string | undefined;
  while (true) {
    const found = await whyNot();
    if (found === undefined) break;
    if (found !== reason) process.stdout.write(`Waiting: ${found}\n`);
    reason = found;
    await sleep(PAUSE_MS);
  }
  process.stdout.write(`The tables of ${services.join(', ')} are up to date.\n`);
}

/** A database that cannot be reached is waited for as well; a setting that is missing or wrong is not. */
async function whyNot(): Promise<string | undefined> {
  try {
    await checkServicesMigrated();
    return undefined;
  } catch (error) {
    if (isDomainError(error) && error.code !== 'database.not-migrated') throw error;
    return messageOf(error);
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => explainStop('The wait for migrations', error),
);
