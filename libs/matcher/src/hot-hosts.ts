/** How many hosts are kept at most: two to the power of PLACE_BITS. */
const PLACE_BITS = 13;
const LAST = (1 << PLACE_BITS) - 1;

/**
 * Answers for hosts that were asked for more than once, in a fixed number of places. Which two places a host may have is
 * told from a few of its characters, which costs less than hashing it; the host itself is compared, so an answer is never
 * that of another host. A host gets in when it is asked for a second time: hosts that come once push out nobody.
 */
export class HotHosts<T> {
  /** A host and its answer by twos, so that both are in one line of the processor's cache. */
  private readonly entries: (string | T | undefined)[] = new Array<string | undefined>((LAST + 1) * 2).fill('');
  /** The tag of the last host of a place that was asked for in vain. */
  private readonly missed = new Int32Array(LAST + 1);

  /** Where the answer for a host is kept, or -1. */
  find(host: string, tag: number): number {
    const { entries } = this;
    const first = firstPlace(tag);
    if (entries[first] === host) return first;
    const second = secondPlace(tag);
    return entries[second] === host ? second : -1;
  }

  /** The answer that is kept in a place that {@link find} told. */
  answer(place: number): T | undefined {
    return this.entries[place + 1] as T | undefined;
  }

  /** Notes the answer for a host that was not there. Returns whether it was asked for before, not long ago. */
  offer(host: string, tag: number, answer: T | undefined): boolean {
    if (this.missed[tag & LAST] !== tag) {
      this.missed[tag & LAST] = tag;
      return false;
    }
    this.missed[tag & LAST] = 0;
    // A part of a longer text would keep all of that text in memory, so a copy is kept. Other texts than ASCII are rare.
    const copy = Buffer.from(host, 'latin1').toString('latin1');
    if (copy === host) this.put(this.freePlace(tag), copy, answer);
    return true;
  }

  /** One of the two places; where both are taken the first, whose host moves to the other place that it may have. */
  private freePlace(tag: number): number {
    const { entries } = this;
    const [first, second] = [firstPlace(tag), secondPlace(tag)];
    if (entries[first] === '') return first;
    if (entries[second] === '') return second;
    const host = entries[first] as string;
    const hostTag = tagOf(host);
    const other = firstPlace(hostTag) === first ? secondPlace(hostTag) : firstPlace(hostTag);
    this.put(other, host, this.answer(first));
    return first;
  }

  private put(place: number, host: string, answer: T | undefined): void {
    this.entries[place] = host;
    this.entries[place + 1] = answer;
  }
}

function firstPlace(tag: number): number {
  return (tag & LAST) * 2;
}

function secondPlace(tag: number): number {
  return (tag >>> (32 - PLACE_BITS)) * 2;
}

/** Tells most hosts apart: length, beginning, middle and the end of the label before the last. Never 0. */
export function tagOf(host: string): number {
  const { length } = host;
  if (length < 8) return length + 1;
  const ends = host.charCodeAt(0) | (host.charCodeAt(length - 6) << 8) | (host.charCodeAt(length >>> 1) << 16);
  const more = (host.charCodeAt(4) << 5) + (host.charCodeAt(length - 5) << 22);
  const tag = Math.imul((ends + more) ^ length, 0x9e3779b1);
  return tag ^ (tag >>> 15) || 1;
}
