/** The most ranges that are kept for one source: so many gaps may be open. */
const MAX_RANGES = 1_000;

/**
 * The sequence numbers of one source that were counted: exact, in any order, as half-open ranges. A source that leaves
 * more than 1,000 gaps open has the oldest closed: numbers in it count as seen.
 */
export class SequenceSet {
  private constructor(private readonly ranges: { from: bigint; to: bigint }[]) {}

  static empty(): SequenceSet {
    return new SequenceSet([]);
  }

  /** Reads the text of a Postgres int8multirange, for example `{[1,5),[7,9)}`. */
  static parse(text: string): SequenceSet {
    const ranges = [...text.matchAll(/\[(\d+),(\d+)\)/g)].map((match) => ({
      from: BigInt(match[1] as string),
      to: BigInt(match[2] as string),
    }));
    return new SequenceSet(ranges);
  }

  /** Adds a number. @returns false where it was there already */
  add(sequence: bigint): boolean {
    const { ranges } = this;
    let at = ranges.length;
    while (at > 0 && (ranges[at - 1] as { from: bigint }).from > sequence) at -= 1;
    const before = ranges[at - 1];
    if (before && sequence < before.to) return false;
    const after = ranges[at];
    const joinsBefore = before?.to === sequence;
    const joinsAfter = after?.from === sequence + 1n;
    if (joinsBefore && joinsAfter) {
      before.to = after.to;
      ranges.splice(at, 1);
    } else if (joinsBefore) {
      before.to = sequence + 1n;
    } else if (joinsAfter) {
      after.from = sequence;
    } else {
      ranges.splice(at, 0, { from: sequence, to: sequence + 1n });
      this.closeOldestGap();
    }
    return true;
  }

  has(sequence: bigint): boolean {
    return this.ranges.some((range) => range.from <= sequence && sequence < range.to);
  }

  /** The text of a Postgres int8multirange. */
  toString(): string {
    return `{${this.ranges.map((range) => `[${range.from},${range.to})`).join(',')}}`;
  }

  private closeOldestGap(): void {
    if (this.ranges.length <= MAX_RANGES) return;
    const [first, second] = this.ranges as [{ from: bigint; to: bigint }, { from: bigint; to: bigint }];
    this.ranges.splice(0, 2, { from: first.from, to: second.to });
  }
}
