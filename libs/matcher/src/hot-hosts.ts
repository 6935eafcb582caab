/** There are two to the power of this many places. */
const PLACE_BITS = 13;
const LAST = (1 << PLACE_BITS) - 1;
/** So many of them are taken at most: in a table half full nearly every host has a place to itself. */
const MOST = 1 << (PLACE_BITS - 1);

/**
 * Answers for hosts that were asked for more than once, in a fixed number of places. Which two places a host may have is
 * told from a few of its characters, which costs less than hashing it; the host itself is compared, so an answer is never
 * that of another host. A host gets in when it is asked for a second time: hosts that come once push out nobody. When half of
 * the places are taken all are given up, and who still comes is back at once: to know who came last would cost each lookup.
 */
export class HotHosts<T> {
  /** A host and its answer by twos, so that both are in one line of the processor's cache. */
  private readonly entries: (string | T | undefined)[] = new Array<string | undefined>((LAST + 1) * 2).fill('');
  /** The tag of the last host of a place that was asked for in vain. */
  private readonly missed = new Int32Array(LAST + 1);

  private taken = 0;

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
    if (copy === host) this.keep(tag, copy, answer);
    return true;
  }

  private keep(tag: number, host: string, answer: T | undefined): void {
    if (this.taken === MOST) {
      this.entries.fill('');
      this.taken = 0;
    }
    const place = this.entries[firstPlace(tag)] === '' ? firstPlace(tag) : secondPlace(tag);
    if (this.entries[place] === '') this.taken += 1;
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
