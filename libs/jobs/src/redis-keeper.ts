import type { RedisLink } from '#redis';

/** Long enough for any outage; an installation that is gone leaves nothing behind for longer. */
const EXPIRY_SECONDS = 7 * 24 * 3_600;
const REFRESH_BELOW_SECONDS = 6 * 24 * 3_600;
/** BullMQ gives its locks less, and means it. */
const OURS_ABOVE_SECONDS = 3_600;
const NONE = -1;
const KEYS_PER_STEP = 500;
/** What one round looks at, at most: Redis may hold the keys of others. The next round goes on from there. */
const MAX_STEPS = 2_000;
/** The share of a round's interval for which one process keeps the others from doing the same. */
const TURN = 0.8;

/** Gives every key of the installation an expiry that is put off for as long as the installation runs. */
export class RedisKeeper {
  private cursor = '0';

  constructor(
    private readonly client: RedisLink['client'],
    private readonly prefix: string,
    private readonly everyMs: number,
  ) {}

  /** One round, unless another process has just begun one. */
  async keep(): Promise<void> {
    const mine = await this.client.set(`${this.prefix}:keeper`, '1', 'PX', Math.ceil(this.everyMs * TURN), 'NX');
    if (mine !== 'OK') return;
    for (let step = 0; step < MAX_STEPS; step++) {
      const [next, keys] = await this.client.scan(this.cursor, 'MATCH', `${this.prefix}:*`, 'COUNT', KEYS_PER_STEP);
      this.cursor = next;
      await this.expire(keys);
      if (next === '0') return;
    }
  }

  private async expire(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const asked = this.client.pipeline();
    for (const key of keys) asked.ttl(key);
    const answers = await asked.exec();
    const due = keys.filter((_key, index) => needsExpiry(Number(answers?.[index]?.[1])));
    if (due.length === 0) return;
    const told = this.client.pipeline();
    for (const key of due) told.expire(key, EXPIRY_SECONDS);
    await told.exec();
  }
}

function needsExpiry(seconds: number): boolean {
  return seconds === NONE || (seconds > OURS_ABOVE_SECONDS && seconds < REFRESH_BELOW_SECONDS);
}
