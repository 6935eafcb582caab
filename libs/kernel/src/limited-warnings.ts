import { Logger } from '@nestjs/common';

const WINDOW_MS = 60_000;
const LINES_PER_WINDOW = 5;

/** Warnings that something outside causes, as often as it likes: the first few of each minute are written. */
export class LimitedWarnings {
  private readonly logger: Logger;
  private since = 0;
  private seen = 0;

  constructor(context: string) {
    this.logger = new Logger(context);
  }

  warn(message: string): void {
    const now = Date.now();
    if (now - this.since > WINDOW_MS) {
      const hidden = this.seen - LINES_PER_WINDOW;
      if (hidden > 0) this.logger.warn(`${hidden} more warnings of this kind were not written`);
      [this.since, this.seen] = [now, 0];
    }
    this.seen += 1;
    if (this.seen <= LINES_PER_WINDOW) this.logger.warn(message);
    else this.logger.debug(message);
  }
}
