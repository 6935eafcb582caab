import { dotsOf, hasZero, isOdd, lowerCase, wordBefore, wordOfFirst } from './words.js';

/** Which position of a name is meant: that of the name itself, or that of the names below it. */
export type Claim = 'exact' | 'below';

/** Flags in the low bits of a record's first word; the position is in the bits above. */
const EXACT = 1;
const BELOW = 2;
/** There are longer names below this one in the table. */
const CHILDREN = 4;
/** Exact name and names below differ: the position is that of a pair. */
const PAIR = 8;
const FLAG_BITS = 4;

/** Answers of {@link SuffixTable.find} beside positions. */
export const NOTHING = 0;
export const NOT_ASCII = -1;

export const MAX_NAME_LENGTH = 253;
const DOT = 46;
const START = 0x1234567;
/** The place of no record: only says that there are longer names below. What it is the name of is not kept. */
const MARKER = 1;
const FIRST_RECORD = 2;

/** The part of a name that was read so far, from its last character, four in a word; those that are full. */
const read = new Int32Array(64);

/**
 * Positions by name and by suffix of a name, in typed arrays: an open-addressing table whose slots hold a piece of the
 * hash and the place of a record; a record is one word of flags and position, then the characters of the name, the last one
 * first, as hosts are read, and one to four zeros.
 *
 * A host is walked once, from its last character to its first. Between a name and its last label every suffix is marked
 * in the table too, so that the walk ends at the first suffix below which there is nothing: mostly at the second label,
 * after a single probe. A hit compares the characters, four at a time, so colliding hashes cost time, never a wrong
 * answer; marks are not compared, since a wrong one makes a walk longer and nothing else.
 *
 * Names are lower-case ASCII; hosts are folded while they are read. Positions count from 1.
 */
export class SuffixTable {
  private slots!: Int32Array;
  private words: Int32Array;
  /** Slots come in groups, of which there is a power of two; so the table is hardly larger than it was asked for. */
  private groupMask!: number;
  private groupSize!: number;
  /** The bits of a slot that are of the hash; the others are the place of the record. */
  private high!: number;
  /** Exact and below by twos, for the few names that have both and not the same. */
  private readonly pairs: number[] = [];
  private used = FIRST_RECORD;
  private entries = 0;
  /** Whether a name of one label is stored. Those are public suffixes, which no ordinary rule names. */
  private singles = false;

  /** @param names how many names, @param characters of how many characters together, are expected; there may be more. */
  constructor(names: number, characters: number) {
    this.words = new Int32Array(Math.ceil(names * 1.7 + characters / 4) + 80);
    this.makeSlots(names * 2 + 32);
  }

  /** How many bytes the arrays take. */
  get byteLength(): number {
    return this.slots.byteLength + this.words.byteLength + this.pairs.length * 8;
  }

  /**
   * The record of a name, which is made where there is none. 0 for what is no name: empty, longer than 253 characters,
   * not lower-case ASCII, or with a dot at its end.
   */
  put(name: string): number {
    const { length } = name;
    if (length === 0 || length > MAX_NAME_LENGTH || name.charCodeAt(length - 1) === DOT) return 0;
    this.makeRoom(length);
    let hash = START;
    let word = 0;
    let shift = 0;
    let size = 0;
    let labels = 0;
    for (let at = length - 1; at >= 0; at -= 1) {
      const code = name.charCodeAt(at);
      if (code === 0 || code > 127 || (code >= 65 && code <= 90)) return 0;
      if (code === DOT && labels++ > 0) this.mark(hash, word, size);
      word |= code << shift;
      shift += 8;
      if (shift === 32) {
        read[size++] = word;
        hash = step(hash, word);
        word = shift = 0;
      }
    }
    if (labels === 0) this.singles = true;
    const there = this.probe(hash, word, size);
    if (there > MARKER) return there;
    const record = this.used;
    for (let at = 0; at <= size; at += 1) this.words[record + 1 + at] = read[at] as number;
    if (there === MARKER) this.words[record] = CHILDREN;
    this.used += 2 + size;
    this.place(mix(step(hash, word)), record);
    return record;
  }

  /** The position that a record holds for its name or for those below; 0 = none. */
  get(record: number, claim: Claim): number {
    return this.positionIn(this.words[record] as number, claim === 'exact' ? EXACT : BELOW);
  }

  set(record: number, claim: Claim, position: number): void {
    const word = this.words[record] as number;
    const exact = claim === 'exact' ? position : this.get(record, 'exact');
    const below = claim === 'below' ? position : this.get(record, 'below');
    let kept: number;
    if (exact !== 0 && below !== 0 && exact !== below) {
      const pair = word & PAIR ? word >>> FLAG_BITS : this.pairs.length / 2;
      this.pairs[pair * 2] = exact;
      this.pairs[pair * 2 + 1] = below;
      kept = (pair << FLAG_BITS) | PAIR;
    } else {
      kept = ((exact || below) << FLAG_BITS) | (exact === 0 ? 0 : EXACT) | (below === 0 ? 0 : BELOW);
    }
    this.words[record] = kept | (word & CHILDREN);
  }

  /**
   * The position for `host[0, end)`: its exact one, else that of the longest name above it which has one for names
   * below; {@link NOTHING} where none does, {@link NOT_ASCII} where the host has other characters.
   */
  find(host: string, end: number): number {
    const { slots, words, high, groupMask, groupSize } = this;
    let hash = START;
    let size = 0;
    let found = NOTHING;
    let labels = 0;
    for (let at = end; ; at -= 4) {
      let word = at < 4 ? wordOfFirst(host, at) : wordBefore(host, at);
      if (word < 0) return NOT_ASCII;
      if (isOdd(word)) {
        if (hasZero(word, at)) return NOTHING;
        word = lowerCase(word);
      }
      // The beginning of the host ends a name as a dot does.
      let ends = at < 4 ? dotsOf(word) | (0x80 << (at * 8)) : dotsOf(word);
      for (; ends !== 0; ends &= ends - 1) {
        labels += 1;
        const isWhole = at < 4 && (ends & (ends - 1)) === 0;
        // Of one label there are no marks: under all of them there are names.
        if (labels === 1 && !this.singles) {
          if (isWhole) return NOTHING;
          continue;
        }
        const part = word & (((ends & -ends) >>> 7) - 1);
        read[size] = part;
        const mixed = mix(step(hash, part));
        let record = 0;
        for (let slot = Math.imul(mixed & groupMask, groupSize) + (Math.imul(mixed >>> 24, groupSize) >>> 8); ;) {
          const entry = slots[slot] as number;
          if (entry === 0) break;
          if (((entry ^ mixed) & high) === 0) {
            const place = entry & ~high;
            if (place === MARKER) record = MARKER;
            else {
              let same = 0;
              while (same <= size && words[place + 1 + same] === read[same]) same += 1;
              if (same > size) {
                record = place;
                break;
              }
            }
          }
          slot += 1;
          if (slot === slots.length) slot = 0;
        }
        const head = record > MARKER ? (words[record] as number) : record * CHILDREN;
        if (isWhole) {
          if (head & EXACT) return head >>> FLAG_BITS;
          return head & PAIR ? (this.pairs[(head >>> FLAG_BITS) * 2] as number) : found;
        }
        if (head & BELOW) found = head >>> FLAG_BITS;
        else if (head & PAIR) found = this.pairs[(head >>> FLAG_BITS) * 2 + 1] as number;
        if ((head & CHILDREN) === 0 && labels > 1) return isAscii(host, at - 4) ? found : NOT_ASCII;
      }
      read[size++] = word;
      hash = step(hash, word);
    }
  }

  /** The record of exactly `host[0, end)`, which is ASCII; 0 = there is none. */
  recordOf(host: string, end: number): number {
    let hash = START;
    let word = 0;
    let shift = 0;
    let size = 0;
    for (let at = end - 1; at >= 0; at -= 1) {
      const code = host.charCodeAt(at);
      if (code === 0) return 0;
      word |= (code <= 90 && code >= 65 ? code + 32 : code) << shift;
      shift += 8;
      if (shift === 32) {
        read[size++] = word;
        hash = step(hash, word);
        word = shift = 0;
      }
    }
    const record = this.probe(hash, word, size);
    return record > MARKER ? record : 0;
  }

  /** Gives back what was reserved and not used. */
  trim(): void {
    this.words = this.words.slice(0, this.used);
  }

  /** The record of the name that was read, its last word apart; {@link MARKER} or 0 where there is none. */
  private probe(before: number, word: number, size: number): number {
    const { slots, high } = this;
    const hash = mix(step(before, word));
    read[size] = word;
    let marker = 0;
    for (let slot = this.slotOf(hash); ;) {
      const entry = slots[slot] as number;
      if (entry === 0) return marker;
      if (((entry ^ hash) & high) === 0) {
        const record = entry & ~high;
        if (record === MARKER) marker = MARKER;
        else if (this.isRead(record, size)) return record;
      }
      slot += 1;
      if (slot === slots.length) slot = 0;
    }
  }

  /** Whether the record is of the name that was read. Both end with a zero in their last word, and have none before. */
  private isRead(record: number, size: number): boolean {
    const { words } = this;
    for (let at = 0; at <= size; at += 1) if (words[record + 1 + at] !== read[at]) return false;
    return true;
  }

  /** The position that is in the first word of a record; `flag` is one of {@link EXACT} and {@link BELOW}. */
  private positionIn(head: number, flag: number): number {
    const position = head >>> FLAG_BITS;
    if (head & PAIR) return this.pairs[position * 2 + (flag === EXACT ? 0 : 1)] as number;
    return head & flag ? position : 0;
  }

  /** Says of the name that was read that there are names below it. */
  private mark(before: number, word: number, size: number): void {
    const there = this.probe(before, word, size);
    if (there > MARKER) this.words[there] = (this.words[there] as number) | CHILDREN;
    else if (there === 0) this.place(mix(step(before, word)), MARKER);
  }

  private place(hash: number, record: number): void {
    const { slots, high } = this;
    let slot = this.slotOf(hash);
    while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
    slots[slot] = (hash & high) | record;
    this.entries += 1;
  }

  private slotOf(hash: number): number {
    return (hash & this.groupMask) * this.groupSize + (((hash >>> 24) * this.groupSize) >>> 8);
  }

  private makeSlots(wanted: number): void {
    let groups = 8;
    while (groups * 8 < wanted) groups *= 2;
    this.groupSize = Math.ceil(wanted / groups);
    this.groupMask = groups - 1;
    this.slots = new Int32Array(groups * this.groupSize);
    this.high = -1 << (32 - Math.clz32(this.words.length));
  }

  /** For a name of this length and the marks above it. */
  private makeRoom(length: number): void {
    const words = this.used + 2 + (length >>> 2);
    const entries = this.entries + 1 + (length >>> 1);
    if (words <= this.words.length && entries * 4 <= this.slots.length * 3) return;
    const [before, used] = [this.words, this.used];
    const names = this.names();
    this.words = new Int32Array(before.length * 2 + length);
    this.makeSlots(this.slots.length * 2 + length * 2);
    this.used = FIRST_RECORD;
    this.entries = 0;
    // Put in the same order, each record has the place that it had.
    for (const name of names) this.put(name);
    for (let record = FIRST_RECORD; record < used; record = this.next(record)) {
      this.words[record] = (this.words[record] as number) | (before[record] as number);
    }
  }

  private names(): string[] {
    const bytes = new Uint8Array(this.words.buffer);
    const names: string[] = [];
    for (let record = FIRST_RECORD; record < this.used; record = this.next(record)) {
      const start = record * 4 + 4;
      names.push(String.fromCharCode(...bytes.slice(start, bytes.indexOf(0, start)).reverse()));
    }
    return names;
  }

  /** The record after this one: behind the word that ends with a zero. */
  private next(record: number): number {
    let at = record + 1;
    while ((this.words[at] as number) >>> 24 !== 0) at += 1;
    return at + 1;
  }
}

function step(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function mix(raw: number): number {
  const spread = Math.imul(raw ^ (raw >>> 16), 0x85ebca6b);
  const again = Math.imul(spread ^ (spread >>> 13), 0xc2b2ae35);
  return again ^ (again >>> 16);
}

/** Whether the first `end` characters are ASCII. */
function isAscii(host: string, end: number): boolean {
  let at = end;
  for (; at >= 4; at -= 4) if (wordBefore(host, at) < 0) return false;
  return at <= 0 || wordOfFirst(host, at) >= 0;
}
