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

/**
 * Positions by name and by suffix of a name, in typed arrays: an open-addressing table whose slots hold a piece of the
 * hash and the place of a record; a record is one word of flags and position, the length and the characters of the name.
 *
 * A host is walked once, from its last character to its first. Every name between a stored name and its last label is in
 * the table too, so the walk ends at the first suffix that is not there, or below which there is nothing: mostly at the
 * second label, after a single probe. A hit compares the characters, so colliding hashes cost time, never a wrong answer.
 *
 * Names are lower-case ASCII; hosts are folded while they are read. Positions count from 1.
 */
export class SuffixTable {
  private slots: Int32Array;
  private words: Int32Array;
  private bytes: Uint8Array;
  /** Exact and below by twos, for the few names that have both and not the same. */
  private readonly pairs: number[] = [];
  private used = 1;
  private count = 0;
  /** Whether a name of one label is stored. Those are public suffixes, which no ordinary rule names. */
  private singles = false;
  /** The bits of a slot that are of the hash; the others are the place of the record. */
  private high: number;

  /** @param names how many names, @param characters of how many characters together, are expected; there may be more. */
  constructor(names: number, characters: number) {
    const words = Math.ceil(names * 1.9 + characters / 4) + 16;
    this.slots = new Int32Array(Math.max(16, Math.ceil(names * 1.6)));
    this.words = new Int32Array(words);
    this.bytes = new Uint8Array(this.words.buffer);
    this.high = highBits(words);
  }

  /** How many bytes the arrays take. */
  get byteLength(): number {
    return this.slots.byteLength + this.words.byteLength + this.pairs.length * 8;
  }

  /** Gives back what was reserved and not used. */
  trim(): void {
    this.words = this.words.slice(0, this.used);
    this.bytes = new Uint8Array(this.words.buffer);
  }

  /**
   * The record of a name, which is made where there is none, with those of the names above it. 0 for what is no name:
   * empty, longer than 253 characters, not lower-case ASCII, or with a dot at its end.
   */
  put(name: string): number {
    const { length } = name;
    if (length === 0 || length > MAX_NAME_LENGTH || name.charCodeAt(length - 1) === DOT) return 0;
    let hash = START;
    let labels = 0;
    for (let at = length - 1; at >= 0; at -= 1) {
      const code = name.charCodeAt(at);
      if (code > 127 || (code >= 65 && code <= 90)) return 0;
      if (code === DOT && labels++ > 0) {
        const above = this.ensure(hash, name, at + 1);
        this.words[above] = (this.words[above] as number) | CHILDREN;
      }
      hash = Math.imul(hash, 31) + (code & 0xdf);
    }
    if (labels === 0) this.singles = true;
    return this.ensure(hash, name, 0);
  }

  /** The position that a record holds for its name or for those below; 0 = none. */
  get(record: number, claim: Claim): number {
    const word = this.words[record] as number;
    const position = word >>> FLAG_BITS;
    if (word & PAIR) return this.pairs[position * 2 + (claim === 'exact' ? 0 : 1)] as number;
    return word & (claim === 'exact' ? EXACT : BELOW) ? position : 0;
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
    let hash = START;
    let found = NOTHING;
    let labels = 0;
    for (let at = end - 1; at >= 0; at -= 1) {
      const code = host.charCodeAt(at);
      if (code > 127) return NOT_ASCII;
      if (code === DOT) {
        if (labels++ > 0) {
          const record = this.probe(hash, host, at + 1, end);
          if (record === 0) return isAscii(host, at) ? found : NOT_ASCII;
          const word = this.words[record] as number;
          if (word & (BELOW | PAIR)) found = this.get(record, 'below');
          if ((word & CHILDREN) === 0) return isAscii(host, at) ? found : NOT_ASCII;
        } else if (this.singles) {
          const record = this.probe(hash, host, at + 1, end);
          if (record !== 0) found = this.get(record, 'below');
        }
      }
      hash = Math.imul(hash, 31) + (code & 0xdf);
    }
    if (labels === 0 && !this.singles) return found;
    const record = this.probe(hash, host, 0, end);
    return record === 0 ? found : this.get(record, 'exact') || found;
  }

  /** The record of exactly `host[0, end)`; 0 = there is none. */
  recordOf(host: string, end: number): number {
    let hash = START;
    for (let at = end - 1; at >= 0; at -= 1) hash = Math.imul(hash, 31) + (host.charCodeAt(at) & 0xdf);
    return this.probe(hash, host, 0, end);
  }

  private probe(raw: number, host: string, from: number, to: number): number {
    const { slots, high } = this;
    const hash = mix(raw);
    const { length } = slots;
    let slot = slotOf(hash, length);
    for (;;) {
      const entry = slots[slot] as number;
      if (entry === 0) return 0;
      if (((entry ^ hash) & high) === 0 && this.isName(entry & ~high, host, from, to)) return entry & ~high;
      slot += 1;
      if (slot === length) slot = 0;
    }
  }

  private isName(record: number, host: string, from: number, to: number): boolean {
    const { bytes } = this;
    const start = record * 4 + 4;
    const length = to - from;
    if (bytes[start] !== length) return false;
    for (let at = 0; at < length; at += 1) {
      const code = host.charCodeAt(from + at);
      const stored = bytes[start + 1 + at] as number;
      if (code !== stored && (code < 65 || code > 90 || code + 32 !== stored)) return false;
    }
    return true;
  }

  private ensure(raw: number, name: string, from: number): number {
    const there = this.probe(raw, name, from, name.length);
    if (there !== 0) return there;
    const length = name.length - from;
    const size = 2 + (length >>> 2);
    if (this.used + size > this.words.length || this.count * 4 >= this.slots.length * 3) this.grow();
    const record = this.used;
    const start = record * 4 + 4;
    this.bytes[start] = length;
    for (let at = 0; at < length; at += 1) this.bytes[start + 1 + at] = name.charCodeAt(from + at);
    this.used += size;
    this.count += 1;
    this.place(mix(raw), record);
    return record;
  }

  private place(hash: number, record: number): void {
    const { slots, high } = this;
    let slot = slotOf(hash, slots.length);
    while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1;
    slots[slot] = (hash & high) | record;
  }

  /** Twice the room: the records stay where they are, the slots are filled anew. */
  private grow(): void {
    const words = new Int32Array(this.words.length * 2);
    words.set(this.words);
    this.words = words;
    this.bytes = new Uint8Array(words.buffer);
    this.slots = new Int32Array(this.slots.length * 2);
    this.high = highBits(words.length);
    for (let record = 1; record < this.used;) {
      const start = record * 4 + 4;
      const length = this.bytes[start] as number;
      let hash = START;
      for (let at = length; at > 0; at -= 1) hash = Math.imul(hash, 31) + ((this.bytes[start + at] as number) & 0xdf);
      this.place(mix(hash), record);
      record += 2 + (length >>> 2);
    }
  }
}

/** All bits but those that a place among so many words needs. */
function highBits(words: number): number {
  return -1 << (32 - Math.clz32(words));
}

/** Where a hash begins to look: its share of the whole range, so that the table may have any length. */
function slotOf(hash: number, length: number): number {
  return Math.floor((hash >>> 0) * 2.3283064365386963e-10 * length);
}

function mix(raw: number): number {
  const spread = Math.imul(raw ^ (raw >>> 16), 0x85ebca6b);
  const again = Math.imul(spread ^ (spread >>> 13), 0xc2b2ae35);
  return again ^ (again >>> 16);
}

function isAscii(host: string, end: number): boolean {
  let seen = 0;
  for (let at = 0; at < end; at += 1) seen |= host.charCodeAt(at);
  return seen <= 127;
}
