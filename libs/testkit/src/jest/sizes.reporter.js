import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

export const SIZES = ['small', 'medium', 'system'];

/** `describe` titles of tests that lack something end in this; see requirements.ts. */
const NEEDS = /\(needs (.+)\)$/;

/**
 * Tells how many tests of each size ran and why any was skipped.
 *
 * With `--outputFile` it writes that as JSON for scripts/test.js and prints nothing; else it prints it.
 */
export default class SizesReporter {
  #globalConfig;

  constructor(globalConfig) {
    this.#globalConfig = globalConfig;
  }

  onRunComplete(_contexts, results) {
    const report = summarize(results, this.#globalConfig.rootDir);
    if (this.#globalConfig.outputFile) {
      writeFileSync(this.#globalConfig.outputFile, JSON.stringify(report));
    } else {
      process.stderr.write(`\n${describeReport(report)}\n`);
    }
  }
}

/** Jest's own results as `{ sizes, skipped, failed }`. A file that could not be run counts as one failed test. */
function summarize(results, rootDir) {
  const report = emptyReport();
  for (const file of results.testResults) {
    const size = file.displayName?.name ?? 'other';
    const counts = (report.sizes[size] ??= emptyCounts());
    const path = relative(rootDir, file.testFilePath);
    if (file.testExecError) {
      counts.failed += 1;
      report.failed.push({ size, file: path, name: '(the file could not be run)' });
    }
    for (const test of file.testResults) {
      if (test.status === 'passed' || test.status === 'failed') {
        counts[test.status] += 1;
      } else {
        counts.skipped += 1;
        report.skipped.push({ size, file: path, name: test.fullName, reason: reasonOf(test) });
      }
      if (test.status === 'failed') report.failed.push({ size, file: path, name: test.fullName });
    }
  }
  if (results.wasInterrupted) report.failed.push({ size: 'all', file: '', name: '(the run was interrupted)' });
  return report;
}

function reasonOf(test) {
  for (const title of [...test.ancestorTitles, test.title]) {
    const needs = NEEDS.exec(title);
    if (needs) return `needs ${needs[1]}`;
  }
  return undefined;
}

function emptyCounts() {
  return { passed: 0, failed: 0, skipped: 0 };
}

export function emptyReport() {
  return { sizes: {}, skipped: [], failed: [] };
}

/** Adds up the reports of several runs. */
export function mergeReports(reports) {
  const merged = emptyReport();
  for (const report of reports) {
    merged.skipped.push(...report.skipped);
    merged.failed.push(...report.failed);
    for (const [size, counts] of Object.entries(report.sizes)) {
      const sum = (merged.sizes[size] ??= emptyCounts());
      for (const key of Object.keys(sum)) sum[key] += counts[key];
    }
  }
  return merged;
}

/** The report in words, one line a size, then every failed and every skipped test. */
export function describeReport(report) {
  const lines = ['Tests by size'];
  for (const size of new Set([...SIZES, ...Object.keys(report.sizes)])) {
    const { passed, failed, skipped } = report.sizes[size] ?? emptyCounts();
    const ran = passed + failed;
    lines.push(
      `  ${size.padEnd(8)} ${String(ran).padStart(5)} ran: ${passed} passed, ${failed} failed; ${skipped} skipped`,
    );
  }
  for (const test of report.failed) lines.push(`  FAILED  ${test.size}  ${test.file}  ${test.name}`);
  for (const test of report.skipped) {
    lines.push(`  SKIPPED ${test.size}  ${test.file}  ${test.name}: ${test.reason ?? 'no reason given'}`);
  }
  return lines.join('\n');
}
