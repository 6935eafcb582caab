import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import SizesReporter, {
  describeReport,
  mergeReports,
  withSecondTry,
  type SizesReport,
} from '../src/jest/sizes.reporter.js';

const RESULTS = {
  wasInterrupted: false,
  testResults: [
    {
      displayName: { name: 'small' },
      testFilePath: '/project/a.spec.ts',
      testResults: [
        { status: 'passed', ancestorTitles: ['a'], title: 'adds', fullName: 'a adds' },
        { status: 'failed', ancestorTitles: ['a'], title: 'subtracts', fullName: 'a subtracts' },
        { status: 'pending', ancestorTitles: ['a'], title: 'divides', fullName: 'a divides' },
      ],
    },
    {
      displayName: { name: 'system' },
      testFilePath: '/project/b.system.ts',
      testResults: [
        {
          status: 'pending',
          ancestorTitles: ['the page (needs Chromium: install it)'],
          title: 'shows',
          fullName: 'the page (needs Chromium: install it) shows',
        },
      ],
    },
    { displayName: { name: 'medium' }, testFilePath: '/project/c.medium.ts', testExecError: {}, testResults: [] },
  ],
};

describe('the reporter of test sizes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sizes-reporter-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const outputFile = path.join(folder, 'results.json');
  let report: SizesReport;
  beforeAll(() => {
    new SizesReporter({ rootDir: '/project', outputFile }).onRunComplete(new Set(), RESULTS);
    report = JSON.parse(readFileSync(outputFile, 'utf8'));
  });

  it('counts each size, and a file that could not be run as a failure', () => {
    expect(report.sizes).toEqual({
      small: { passed: 1, failed: 1, skipped: 1 },
      system: { passed: 0, failed: 0, skipped: 1 },
      medium: { passed: 0, failed: 1, skipped: 0 },
    });
    expect(report.failed.map((test) => test.name)).toEqual(['a subtracts', '(the file could not be run)']);
  });

  it('says what a skipped test would have needed, and where nothing was said', () => {
    expect(report.skipped.map((test) => test.reason)).toEqual([undefined, 'needs Chromium: install it']);
    expect(describeReport(report)).toContain('the page (needs Chromium: install it) shows: needs Chromium: install it');
  });

  it('adds up several runs', () => {
    const twice = mergeReports([report, report]);
    expect(twice.sizes['small']).toEqual({ passed: 2, failed: 2, skipped: 2 });
    expect(twice.failed).toHaveLength(4);
  });

  it('lets a second try of a file take the place of the first, and names what passed only then', () => {
    const second: SizesReport = {
      sizes: {},
      files: { 'a.spec.ts': { size: 'small', passed: 1, failed: 1, skipped: 1 } },
      skipped: [{ size: 'small', file: 'a.spec.ts', name: 'a divides', reason: 'needs more' }],
      failed: [{ size: 'small', file: 'a.spec.ts', name: 'a adds' }],
      unsteady: [],
    };
    const result = withSecondTry(report, second);
    expect(result.sizes).toEqual(report.sizes);
    expect(result.failed.map((test) => test.name)).toEqual(['(the file could not be run)', 'a adds']);
    expect(result.unsteady.map((test) => test.name)).toEqual(['a subtracts']);
    expect(result.skipped).toHaveLength(2);
    expect(describeReport(result)).toMatch(/UNSTEADY small {2}a\.spec\.ts {2}a subtracts: failed at first/);
  });
});
