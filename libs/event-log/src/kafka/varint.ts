/** Zigzag varints, as Kafka's record format has them: of whole numbers within 2^52 on either side of 0. */

const SMALL = 1 << 30;

/** How many bytes `value` takes. */
export function sizeOfVarint(value: number): number {
  let rest = zigzagOf(value);
  let size = 1;
  while (rest >= 0x80) {
    rest = rest < SMALL ? rest >>> 7 : Math.floor(rest / 0x80);
    size += 1;
  }
  return size;
}

/** @returns where the next byte goes */
export function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = zigzagOf(value);
  while (rest >= 0x80) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = rest < SMALL ? rest >>> 7 : Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
}

function zigzagOf(value: number): number {
  if (value > -SMALL && value < SMALL) return ((value << 1) ^ (value >> 31)) >>> 0;
  return value < 0 ? -2 * value - 1 : 2 * value;
}

/** Reads varints, one after the other. */
export class VarintReader {
  constructor(
    readonly bytes: Buffer,
    public at = 0,
  ) {}

  /** @throws RangeError where the bytes end in the middle of it */
  next(): number {
    const byte = this.bytes[this.at++]!;
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    return this.long(byte);
  }

  /** Passes over as many bytes as the length before them says; -1 stands for nothing. */
  skipBytes(): void {
    const length = this.next();
    if (length > 0) this.at += length;
  }

  private long(first: number | undefined): number {
    let byte = first;
    let zigzag = 0;
    for (let factor = 1; ; factor *= 0x80) {
      if (byte === undefined || factor > 2 ** 49) throw new RangeError('A record on Kafka is cut off or damaged.');
      zigzag += (byte & 0x7f) * factor;
      if (byte < 0x80) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      byte = this.bytes[this.at++];
    }
  }
}
