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
  skipped: (TestOfSize & { reason?: string })[];
  failed: TestOfSize[];
}

export const SIZES: readonly string[];

export default class SizesReporter {
  constructor(globalConfig: { rootDir: string; outputFile?: string });
  onRunComplete(contexts: unknown, results: unknown): void;
}

export function emptyReport(): SizesReport;
export function mergeReports(reports: readonly SizesReport[]): SizesReport;
export function describeReport(report: SizesReport): string;
