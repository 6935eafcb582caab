/**
 * Hosts are read four characters at a time, from the last to the first, as 32-bit words whose lowest byte is the last
 * character. What is asked of each character is then asked of four at once.
 */

const EVERY = 0x01010101;
const DOTS = 46 * EVERY;
/** Lower-case letters, digits, dots and hyphens all have this bit; upper-case letters do not. */
const FOLDED = 0x20 * EVERY;
const TOP_BITS = -0x7f7f7f80;

/** The four characters before `end`; negative where one of them is not ASCII. */
export function wordBefore(text: string, end: number): number {
  const a = text.charCodeAt(end - 1);
  const b = text.charCodeAt(end - 2);
  const c = text.charCodeAt(end - 3);
  const d = text.charCodeAt(end - 4);
  return (a | b | c | d) > 127 ? -1 : a | (b << 8) | (c << 16) | (d << 24);
}

/** The first `length` characters, at most three, with zeros for those that are missing; negative as above. */
export function wordOfFirst(text: string, length: number): number {
  if (length === 0) return 0;
  const a = text.charCodeAt(length - 1);
  if (length === 1) return a > 127 ? -1 : a;
  const b = text.charCodeAt(length - 2);
  const c = length === 2 ? 0 : text.charCodeAt(0);
  return (a | b | c) > 127 ? -1 : a | (b << 8) | (c << 16);
}

/** Whether a word may hold something else than what names are spelled with in lower case. */
export function isOdd(word: number): boolean {
  return (word & FOLDED) !== FOLDED;
}

/** Whether one of the first `count` bytes is zero, as no name has it: zeros stand for characters that are missing. */
export function hasZero(word: number, count: number): boolean {
  const filled = count < 4 ? word | (-1 << (count * 8)) : word;
  return ((((filled & (0x7f * EVERY)) + 0x7f * EVERY) | filled) & TOP_BITS) !== TOP_BITS;
}

/** In lower case. */
export function lowerCase(word: number): number {
  // The top bit of each byte: it is at least `A`, and is beyond `Z`.
  const fromA = word + 0x3f * EVERY;
  const beyondZ = word + 0x25 * EVERY;
  return word | ((fromA & ~beyondZ & TOP_BITS) >>> 2);
}

/** The top bit of each byte that is a dot. */
export function dotsOf(word: number): number {
  return ~((word ^ DOTS) + 0x7f * EVERY) & TOP_BITS;
}
