export interface SizeCounts {
  passed: number;
  failed: number;
  skipped: number;
}

export interface TestOfSize {
  size: string;
  file: string;
  name: string;
}

export interface SizesReport {
  sizes: Record<string, SizeCounts>;
  /** By path from the root of the project. */
  files: Record<string, SizeCounts & { size: string }>;
  skipped: (TestOfSize & { reason?: string })[];
  failed: TestOfSize[];
  /** Failed at first and passed when run a second time. */
  unsteady: TestOfSize[];
}

export const SIZES: readonly string[];

export default class SizesReporter {
  constructor(globalConfig: { rootDir: string; outputFile?: string });
  onRunComplete(contexts: unknown, results: unknown): void;
}

export function emptyReport(): SizesReport;
export function mergeReports(reports: readonly SizesReport[]): SizesReport;
export function withSecondTry(first: SizesReport, second: SizesReport): SizesReport;
export function describeReport(report: SizesReport): string;
