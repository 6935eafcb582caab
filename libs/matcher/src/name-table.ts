const EMPTY = 0;

/** One step of the hash that is taken over a name from its last character to its first; folds ASCII upper case. */
export function hashStep(hash: number, code: number): number {
  const folded = code >= 65 && code <= 90 ? code + 32 : code;
  return Math.imul(hash ^ folded, 0x01000193) ^ (hash >>> 15);
}

/**
 * Names in an open-addressing table of (fingerprint, position) pairs. A lookup takes the hash that the caller carried
 * along while walking a host from right to left, so one walk probes every suffix. A hit compares the name itself:
 * colliding hashes cost time, never a wrong answer.
 */
export class NameTable {
  private readonly slots: Uint32Array;
  private readonly mask: number;

  constructor(private readonly names: readonly string[]) {
    const capacity = 2 ** Math.ceil(Math.log2(Math.max(8, names.length * 2)));
    this.mask = capacity - 1;
    this.slots = new Uint32Array(capacity * 2);
    names.forEach((name, position) => this.insert(name, position));
  }

  /** The position of the name that equals `host[from, to)` when ASCII case is folded, or -1. */
  find(hash: number, host: string, from: number, to: number): number {
    const fingerprint = mix(hash);
    for (let slot = fingerprint & this.mask; ; slot = (slot + 1) & this.mask) {
      const entry = this.slots[slot * 2 + 1] as number;
      if (entry === EMPTY) return -1;
      if (this.slots[slot * 2] === fingerprint && sameName(this.names[entry - 1] as string, host, from, to)) {
        return entry - 1;
      }
    }
  }

  private insert(name: string, position: number): void {
    let hash = 0;
    for (let at = name.length - 1; at >= 0; at -= 1) hash = hashStep(hash, name.charCodeAt(at));
    const fingerprint = mix(hash);
    let slot = fingerprint & this.mask;
    while (this.slots[slot * 2 + 1] !== EMPTY) slot = (slot + 1) & this.mask;
    this.slots[slot * 2] = fingerprint;
    this.slots[slot * 2 + 1] = position + 1;
  }
}

function mix(hash: number): number {
  const spread = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (spread ^ (spread >>> 13)) >>> 0;
}

function sameName(name: string, host: string, from: number, to: number): boolean {
  if (name.length !== to - from) return false;
  for (let at = 0; at < name.length; at += 1) {
    const code = host.charCodeAt(from + at);
    if (name.charCodeAt(at) !== (code >= 65 && code <= 90 ? code + 32 : code)) return false;
  }
  return true;
}
