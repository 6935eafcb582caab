/** What was counted of something: transactions, and two sums in which every event has a part of its own. */
export interface Sums {
  readonly transactions: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly blocked: number;
}

/** An event as the accounts know it. */
export interface AccountedEvent {
  /** Unique among all events of a run. Goes out as `bytesUp`, so sums tell which are missing or there twice. */
  readonly number: number;
  readonly host: string;
  /** The app that claims the host; undefined where none does. */
  readonly appId: string | undefined;
  readonly blocked: boolean;
}

export interface AccountedBatch {
  readonly deviceId: string;
  readonly user: string;
  readonly sequence: number;
  readonly events: readonly AccountedEvent[];
}

/** What the log must hold of a batch. */
export interface BatchSeal {
  readonly events: number;
  readonly sum: number;
}

export interface Difference {
  lost: number;
  duplicated: number;
  readonly details: string[];
}

const DETAILS = 20;

/** Everything that was acknowledged, added up in the ways in which it can be read back. */
export class Accounts {
  /** By `keyOf`. */
  readonly rows = new Map<string, Sums>();
  /** By device id; the place in the list is the sequence minus one. */
  readonly batches = new Map<string, BatchSeal[]>();
  /** How often each user was blocked from the app that is blocked all the time. */
  readonly blockedAttempts = new Map<string, number>();
  acknowledged = 0;

  acknowledge({ deviceId, user, sequence, events }: AccountedBatch): void {
    const seals = this.batches.get(deviceId) ?? [];
    this.batches.set(deviceId, seals);
    if (seals.length !== sequence - 1) throw new Error(`Batch ${sequence} of ${deviceId} came out of turn.`);
    seals.push({ events: events.length, sum: events.reduce((sum, event) => sum + event.number, 0) });
    for (const event of events) {
      const keys = event.appId
        ? [keyOf('device', event.appId, deviceId), keyOf('user', event.appId, user), keyOf('app', event.appId)]
        : [keyOf('host', event.host)];
      for (const key of keys) this.rows.set(key, added(this.rows.get(key), event));
      if (event.blocked) this.blockedAttempts.set(user, (this.blockedAttempts.get(user) ?? 0) + 1);
    }
    this.acknowledged += events.length;
  }

  /** Compares with what is stored. Devices and hosts count each event once; users and apps are other sums of the same. */
  compare(stored: ReadonlyMap<string, Sums>): Difference & { wrongSums: number } {
    const difference = { lost: 0, duplicated: 0, wrongSums: 0, details: [] as string[] };
    for (const key of new Set([...this.rows.keys(), ...stored.keys()])) {
      const expected = this.rows.get(key) ?? NONE;
      const found = stored.get(key) ?? NONE;
      if (isSame(expected, found)) continue;
      note(difference.details, `${key}: acknowledged ${JSON.stringify(expected)}, stored ${JSON.stringify(found)}`);
      if (!/^(device|host) /.test(key)) {
        difference.wrongSums += 1;
        continue;
      }
      const missing = expected.transactions - found.transactions;
      // As many as there should be, but others: at least one is missing and one too many.
      difference.lost += missing === 0 ? 1 : Math.max(0, missing);
      difference.duplicated += missing === 0 ? 1 : Math.max(0, -missing);
    }
    return difference;
  }
}

export function keyOf(kind: 'device' | 'user' | 'app' | 'host', subject: string, entity = ''): string {
  return `${kind} ${subject} ${entity}`;
}

/** What goes out as `bytesDown`: 24 bits that have nothing to do with those of the neighbours. */
export function fingerprint(number: number): number {
  let mixed = Math.imul(number ^ (number >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 16)) & 0xffffff;
}

/** Adds a line to what a person will read, as long as it is not too much to read. */
export function note(details: string[], line: string): void {
  if (details.length < DETAILS) details.push(line);
}

const NONE: Sums = { transactions: 0, bytesUp: 0, bytesDown: 0, blocked: 0 };

function added(sums: Sums | undefined, event: AccountedEvent): Sums {
  const { transactions, bytesUp, bytesDown, blocked } = sums ?? NONE;
  return {
    transactions: transactions + 1,
    bytesUp: bytesUp + event.number,
    bytesDown: bytesDown + fingerprint(event.number),
    blocked: blocked + (event.blocked ? 1 : 0),
  };
}

function isSame(a: Sums, b: Sums): boolean {
  return (
    a.transactions === b.transactions &&
    a.bytesUp === b.bytesUp &&
    a.bytesDown === b.bytesDown &&
    a.blocked === b.blocked
  );
}
