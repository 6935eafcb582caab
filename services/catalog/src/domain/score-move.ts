/** Ten of them: from 0 to below 1, … from 9 to 10. */
const BUCKETS = 10;

type MaybeScore = number | undefined;

/** An app whose score becomes another one; undefined = unscored. */
export interface Move {
  readonly appId: string;
  readonly name: string;
  readonly before: MaybeScore;
  readonly after: MaybeScore;
}

/** Whether a score crosses a whole number, comes or goes: policies are written in whole numbers. */
export function crossesWhole(before: MaybeScore, after: MaybeScore): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return bucketOf(before) !== bucketOf(after);
}

/** Adds up what new weights do to the scores of a catalog, app by app. Keeps the biggest moves only. */
export class MoveSummary {
  apps = 0;
  overridden = 0;
  moved = 0;
  up = 0;
  down = 0;
  crossed = 0;
  becomeScored = 0;
  becomeUnscored = 0;
  unscoredBefore = 0;
  unscoredAfter = 0;
  private readonly before = new Array<number>(BUCKETS).fill(0);
  private readonly after = new Array<number>(BUCKETS).fill(0);
  private biggest: Move[] = [];

  /** @param movers how many of the biggest moves are kept */
  constructor(private readonly movers: number) {}

  add(move: Move, overridden: boolean): void {
    const { before, after } = move;
    this.apps += 1;
    if (overridden) this.overridden += 1;
    if (before === undefined) this.unscoredBefore += 1;
    else this.before[bucketOf(before)]! += 1;
    if (after === undefined) this.unscoredAfter += 1;
    else this.after[bucketOf(after)]! += 1;
    if (before === after) return;
    this.moved += 1;
    if (crossesWhole(before, after)) this.crossed += 1;
    if (before === undefined) this.becomeScored += 1;
    else if (after === undefined) this.becomeUnscored += 1;
    else if (after > before) this.up += 1;
    else this.down += 1;
    this.biggest.push(move);
    if (this.biggest.length > 4 * this.movers + 100) this.biggest = this.largest();
  }

  get histogram(): { from: number; before: number; after: number }[] {
    return this.before.map((count, from) => ({ from, before: count, after: this.after[from]! }));
  }

  /** The biggest first; of equals, by id. Scores that come or go have no distance: they are behind the others. */
  largest(): Move[] {
    return [...this.biggest]
      .sort((a, b) => distance(b) - distance(a) || (a.appId < b.appId ? -1 : 1))
      .slice(0, this.movers);
  }
}

function distance({ before, after }: Move): number {
  return before === undefined || after === undefined ? -1 : Math.abs(after - before);
}

function bucketOf(score: number): number {
  return Math.min(BUCKETS - 1, Math.floor(score));
}
