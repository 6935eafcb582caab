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

/** Jest's own results as `{ sizes, files, skipped, failed, unsteady }`. A file that could not be run counts as one failed test. */
function summarize(results, rootDir) {
  const report = emptyReport();
  for (const file of results.testResults) {
    const size = file.displayName?.name ?? 'other';
    const counts = emptyCounts();
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
    report.files[path] = { size, ...counts };
  }
  addUpSizes(report);
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
  return { sizes: {}, files: {}, skipped: [], failed: [], unsteady: [] };
}

function addUpSizes(report) {
  report.sizes = {};
  for (const { size, ...counts } of Object.values(report.files)) {
    const sum = (report.sizes[size] ??= emptyCounts());
    for (const key of Object.keys(sum)) sum[key] += counts[key];
  }
}

/**
 * The report of a run some of whose files were run a second time: the second result of a file takes the place of the
 * first, and what failed only at first is named as unsteady.
 */
export function withSecondTry(first, second) {
  const again = (test) => test.file in second.files;
  const stillFails = new Set(second.failed.map((test) => `${test.file} ${test.name}`));
  const merged = {
    ...emptyReport(),
    files: { ...first.files, ...second.files },
    skipped: [...first.skipped.filter((test) => !again(test)), ...second.skipped],
    failed: [...first.failed.filter((test) => !again(test)), ...second.failed],
    unsteady: first.failed.filter((test) => again(test) && !stillFails.has(`${test.file} ${test.name}`)),
  };
  addUpSizes(merged);
  return merged;
}

/** Adds up the reports of several runs. */
export function mergeReports(reports) {
  const merged = emptyReport();
  for (const report of reports) {
    merged.skipped.push(...report.skipped);
    merged.failed.push(...report.failed);
    merged.unsteady.push(...report.unsteady);
    Object.assign(merged.files, report.files);
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
  for (const test of report.unsteady) {
    lines.push(
      `  UNSTEADY ${test.size}  ${test.file}  ${test.name}: failed at first, passed when its file was run again`,
    );
  }
  for (const test of report.skipped) {
    lines.push(`  SKIPPED ${test.size}  ${test.file}  ${test.name}: ${test.reason ?? 'no reason given'}`);
  }
  return lines.join('\n');
}
