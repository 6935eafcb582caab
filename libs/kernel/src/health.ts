import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from './errors.js';

export interface HealthState {
  readonly ready: boolean;
  /** Why not, in words; or what is missing although work can be taken. */
  readonly reason?: string;
}

export type HealthCheck = () => Promise<HealthState> | HealthState;

const CHECK_TIMEOUT_MS = 2_000;
const logger = new Logger('Health');

/** What must hold before this process can take work. Liveness asks none of it. */
@Injectable()
export class Health {
  private readonly checks = new Map<string, HealthCheck>();
  private stopping = false;

  /** Adds a readiness check. A later check of the same name replaces the earlier one. */
  register(name: string, check: HealthCheck): void {
    this.checks.set(name, check);
  }

  /** From now on the process answers that it is not ready, so that nobody sends it new work. */
  markStopping(): void {
    this.stopping = true;
  }

  async readiness(): Promise<{ ready: boolean; checks: Record<string, HealthState> }> {
    const entries = await Promise.all(
      [...this.checks].map(async ([name, check]) => [name, await settle(check)] as const),
    );
    const checks: Record<string, HealthState> = Object.fromEntries(entries);
    if (this.stopping) checks['process'] = { ready: false, reason: 'stopping' };
    return { ready: Object.values(checks).every((state) => state.ready), checks };
  }
}

async function settle(check: HealthCheck): Promise<HealthState> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<HealthState>((resolve) => {
    timer = setTimeout(
      () => resolve({ ready: false, reason: `no answer within ${CHECK_TIMEOUT_MS} ms` }),
      CHECK_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([check(), late]);
  } catch (error) {
    // Anybody may ask: what exactly went wrong is for the log.
    logger.warn(`A readiness check failed: ${messageOf(error)}`);
    return { ready: false, reason: 'the check failed' };
  } finally {
    clearTimeout(timer);
  }
}
