/** How much may be in work at once, in whatever unit: bytes, files, requests. */
export class InFlight {
  private used = 0;

  constructor(private readonly limit: number) {}

  /** Takes a share. What is larger than the limit passes alone. @returns false where there is no room */
  take(amount: number): boolean {
    if (this.used > 0 && this.used + amount > this.limit) return false;
    this.used += amount;
    return true;
  }

  /** Gives back what was taken. */
  release(amount: number): void {
    this.used -= amount;
  }
}
