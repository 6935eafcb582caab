/** How many hosts have the same place by their tag. */
const WAYS = 4;
/** A power of two. */
const SETS = 1024;

/**
 * Answers for hosts that were asked for more than once, in a fixed number of places. Which places a host may have is told
 * from a few of its characters, which costs less than hashing it; the host itself is compared, so an answer is never that
 * of another host. A host gets in when it is asked for a second time: hosts that come once push out nobody.
 */
export class HotHosts {
  private readonly tags = new Int32Array(SETS * WAYS);
  private readonly hosts: string[] = new Array<string>(SETS * WAYS).fill('');
  private readonly answers = new Int32Array(SETS * WAYS);
  /** The tag of the last host of a set that was asked for in vain. */
  private readonly missed = new Int32Array(SETS);
  /** Whose turn it is to go. */
  private readonly oldest = new Uint8Array(SETS);

  /** The answer that was kept for a host, or -1. */
  get(host: string, tag: number): number {
    const { tags } = this;
    const first = (tag & (SETS - 1)) * WAYS;
    for (let at = first; at < first + WAYS; at += 1) {
      if (tags[at] === tag && this.hosts[at] === host) return this.answers[at] as number;
    }
    return -1;
  }

  /** Notes an answer of 0 or more for a host that was not there. */
  offer(host: string, tag: number, answer: number): void {
    const set = tag & (SETS - 1);
    if (this.missed[set] !== tag) {
      this.missed[set] = tag;
      return;
    }
    // A part of a longer text would keep all of that text in memory, so a copy is kept. Other texts than ASCII are rare.
    const copy = Buffer.from(host, 'latin1').toString('latin1');
    if (copy !== host) return;
    const way = this.oldest[set] as number;
    this.oldest[set] = (way + 1) % WAYS;
    const at = set * WAYS + way;
    this.tags[at] = tag;
    this.hosts[at] = copy;
    this.answers[at] = answer;
  }
}

/** Tells most hosts apart: length, beginning, middle and the end of the label before the last. Never 0. */
export function tagOf(host: string): number {
  const { length } = host;
  if (length < 8) return length + 1;
  let tag = host.charCodeAt(0) | (host.charCodeAt(length - 5) << 8) | (host.charCodeAt(length >>> 1) << 16);
  tag = Math.imul(tag ^ length, 0x9e3779b1);
  tag = Math.imul((tag ^ (tag >>> 15)) + (host.charCodeAt(length - 6) | (host.charCodeAt(4) << 8)), 0x85ebca6b);
  return tag ^ (tag >>> 16) || 1;
}
