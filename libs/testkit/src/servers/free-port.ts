import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what systems give to outgoing connections: those would take the port of a server that is to start again. */
const LOWEST = 15_000;
const HIGHEST = 29_999;
const MAX_ATTEMPTS = 50;

/** A loopback port that nobody listens on: the preferred one where it is free, and none of those taken. */
export async function freePort(preferred?: number, taken: readonly number[] = []): Promise<number> {
  if (preferred && !taken.includes(preferred) && (await isFree(preferred))) return preferred;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const port = randomInt(LOWEST, HIGHEST);
    if (!taken.includes(port) && (await isFree(port))) return port;
  }
  throw new Error(`No free port was found between ${LOWEST} and ${HIGHEST}.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
