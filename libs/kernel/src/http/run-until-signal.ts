import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger } from '@nestjs/common';
import { closeApp } from './http-app.js';

const DRAIN_DEADLINE_MS = 25_000;

/**
 * Waits for SIGTERM or SIGINT, then drains: not ready any more, requests in hand are answered, consumers finish their
 * transaction. A second signal, or 25 seconds, ends the process at once.
 *
 * @param after what must stop after the application, such as a database it uses
 */
export async function runUntilSignal(
  app: NestFastifyApplication,
  after: () => Promise<void> = async () => {},
): Promise<void> {
  const logger = new Logger('Process');
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve(name));
  });
  logger.log(`${signal}: draining`);
  const giveUp = (reason: string): never => {
    logger.error(`Stopped without draining: ${reason}`);
    process.exit(1);
  };
  setTimeout(() => giveUp('it took too long'), DRAIN_DEADLINE_MS).unref();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => giveUp('a second signal'));
  await closeApp(app);
  await after();
  logger.log('Stopped');
  process.exit(0);
}
