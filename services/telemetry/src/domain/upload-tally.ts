import { cleaned } from './events/text.js';
import type { LineResult } from './formats/log-format.js';
import type { Line } from './lines.js';

const SAMPLES_A_REASON = 3;
/** Reasons are constant texts, so there are few; this holds should a format forget that. */
const MAX_REASONS = 50;
const SAMPLE_LENGTH = 200;

export interface SkippedSample {
  /** From 1. */
  readonly line: number;
  readonly reason: string;
  /** The beginning of the line. */
  readonly sample: string;
}

/** Counts what became of the lines of one file. Headers, comments and blank lines are no lines in this sense. */
export class UploadTally {
  lines = 0;
  accepted = 0;
  readonly samples: SkippedSample[] = [];
  private readonly reasons = new Map<string, number>();

  /** Lines that became no event. */
  get skipped(): number {
    return this.lines - this.accepted;
  }

  /** The most frequent first. */
  get skipReasons(): { reason: string; count: number }[] {
    return [...this.reasons].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
  }

  add(line: Line, result: LineResult): void {
    if (!result) return;
    this.lines += 1;
    if ('event' in result) this.accepted += 1;
    else if ('skip' in result) this.skip(line, result.skip);
    else this.skip(line, result.field === '' ? result.error : `${result.field}: ${result.error}`);
  }

  /** Counts a line that cannot even be read. */
  addUnreadable(line: Line, reason: string): void {
    this.lines += 1;
    this.skip(line, reason);
  }

  private skip(line: Line, wanted: string): void {
    const reason = this.reasons.has(wanted) || this.reasons.size < MAX_REASONS ? wanted : 'other';
    const count = (this.reasons.get(reason) ?? 0) + 1;
    this.reasons.set(reason, count);
    if (count <= SAMPLES_A_REASON)
      this.samples.push({ line: line.number, reason, sample: cleaned(line.text, SAMPLE_LENGTH) });
  }
}
