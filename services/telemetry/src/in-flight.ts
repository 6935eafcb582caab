/** How much may be in work at once, in whatever unit: bytes, files, requests. */
export class InFlight {
  private used = 0;
  private readonly held = new Map<string, number>();

  /** @param sharesOfOne how many shares one holder may have at a time, so that it cannot keep all others out */
  constructor(
    private readonly limit: number,
    private readonly sharesOfOne = Infinity,
  ) {}

  /** Takes a share. What is larger than the limit passes alone. @returns false where there is no room */
  take(amount: number, holder = ''): boolean {
    const shares = this.held.get(holder) ?? 0;
    if (shares >= this.sharesOfOne || (this.used > 0 && this.used + amount > this.limit)) return false;
    this.used += amount;
    this.held.set(holder, shares + 1);
    return true;
  }

  /** Gives back what was taken. */
  release(amount: number, holder = ''): void {
    this.used -= amount;
    const shares = (this.held.get(holder) ?? 0) - 1;
    if (shares > 0) this.held.set(holder, shares);
    else this.held.delete(holder);
  }
}
