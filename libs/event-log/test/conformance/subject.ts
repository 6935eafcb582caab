import type { MakeWorld, World } from './world.js';

/** The driver under test, and what the suite borrows from the testkit. */
export interface Subject {
  readonly makeWorld: MakeWorld;
  /** How often a consumer is killed at random; 200 unless a kill costs the driver too much time. */
  readonly randomKills?: number;
  eventually<T>(check: () => Promise<T> | T, options?: { timeoutMs?: number }): Promise<T>;
}

/** Each test has a log of its own. */
export async function withWorld(subject: Subject, test: (world: World) => Promise<void>): Promise<void> {
  const world = await subject.makeWorld();
  try {
    await test(world);
  } finally {
    await world.close();
  }
}
