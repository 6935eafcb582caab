// `npm test`, or `npm test -- small medium`: builds, runs Jest size by size, checks the dependency rules, and adds up.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  SIZES,
  describeReport,
  emptyReport,
  mergeReports,
  withSecondTry,
} from '../libs/testkit/src/jest/sizes.reporter.js';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const BIN = join(ROOT, 'node_modules', '.bin');
const RUN_DEADLINE_MS = 40 * 60_000;
/** How long Jest may take to exit once it has reported. */
const EXIT_GRACE_MS = 30_000;
/** More files than these that fail are no matter of luck. */
const MOST_TRIED_AGAIN = 3;

const wanted = process.argv.slice(2);
process.exitCode = await main(wanted);

async function main(sizes) {
  const node = projectNode();
  if (node !== process.execPath) return (await run(node, [fileURLToPath(import.meta.url), ...sizes])).code;

  const unknown = sizes.find((size) => !SIZES.includes(size));
  if (unknown) {
    console.error(`unknown size ${unknown}: there are ${SIZES.join(', ')}`);
    return 2;
  }
  if ((await run(npmCommand(), ['run', '--silent', 'build'])).code !== 0) {
    console.error('the build failed');
    console.log('0 passed, 1 failed');
    return 1;
  }

  // Whole processes under a deadline get the machine to themselves.
  const runs = [
    { sizes: ['small', 'medium'], workers: Math.min(4, availableParallelism()) },
    { sizes: ['system'], workers: 1 },
  ];
  const reports = [];
  for (const { sizes: group, workers } of runs) {
    const chosen = group.filter((size) => sizes.length === 0 || sizes.includes(size));
    if (chosen.length > 0) reports.push(await tryTwice(chosen, workers));
  }
  const report = mergeReports(reports);
  const rules = await checkDependencyRules();

  console.log(`\n${describeReport(report)}`);
  console.log(`Dependency rules: ${rules.ok ? 'kept' : 'broken, see above'}`);
  return addUp(report, rules.ok);
}

/** Prints the last line and answers the exit code. */
function addUp(report, rulesKept) {
  let [passed, skipped] = [0, 0];
  for (const counts of Object.values(report.sizes)) {
    passed += counts.passed;
    skipped += counts.skipped;
  }
  let failed = report.failed.length;
  if (passed + failed === 0) {
    console.log('No test ran.');
    failed += 1;
  }
  const unexplained = report.skipped.filter((test) => !test.reason).length;
  if (unexplained > 0) {
    console.log(`${unexplained} skipped without saying what they need: counted as failed.`);
    failed += unexplained;
    skipped -= unexplained;
  }
  if (rulesKept) passed += 1;
  else failed += 1;
  console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? 0 : 1;
}

/**
 * Runs the sizes, and once more the few files that failed in CI, each with the machine to itself: a shared machine may
 * stall at the wrong moment. What passes only then is named in the sum.
 */
async function tryTwice(sizes, workers) {
  const first = await runJest(sizes, workers);
  const files = [...new Set(first.failed.map((test) => test.file))];
  if (!process.env.CI || files.length === 0 || files.length > MOST_TRIED_AGAIN || files.includes('')) return first;
  console.log(`\nonce more, alone: ${files.join(', ')}`);
  return withSecondTry(first, await runJest(sizes, 1, files));
}

async function runJest(sizes, workers, files = []) {
  const folder = mkdtempSync(join(tmpdir(), 'gnomon-test-'));
  const outputFile = join(folder, 'results.json');
  console.log(`\n${sizes.join(' and ')} tests`);
  try {
    const only = files.length > 0 ? ['--runTestsByPath', ...files] : [];
    const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
    const args = [jest, '--ci', '--passWithNoTests', `--maxWorkers=${workers}`, `--outputFile=${outputFile}`];
    const { code, overdue } = await run(process.execPath, [...args, '--selectProjects', ...sizes, ...only], {
      env: { NODE_OPTIONS: '--experimental-vm-modules --no-warnings' },
      done: () => existsSync(outputFile),
    });
    const report = existsSync(outputFile) ? JSON.parse(readFileSync(outputFile, 'utf8')) : emptyReport();
    if (overdue) {
      report.failed.push({ size: sizes.join('+'), file: '', name: '(Jest did not exit: something stayed open)' });
    } else if (code !== 0 && report.failed.length === 0) {
      report.failed.push({ size: sizes.join('+'), file: '', name: `(Jest exited with ${code} and named no test)` });
    }
    return report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkDependencyRules() {
  console.log('\ndependency rules');
  const cruiser = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs');
  const rooms = ['libs', 'services', 'scripts', 'bench', 'test'].filter((room) => existsSync(join(ROOT, room)));
  const { code } = await run(process.execPath, [cruiser, '--config', '.dependency-cruiser.cjs', ...rooms]);
  return { ok: code === 0 };
}

/** Runs a command to its end, or kills it once it is overdue. */
function run(command, args, { env = {}, done = () => false } = {}) {
  return new Promise((settle) => {
    const path = `${BIN}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`;
    const child = spawn(command, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, PATH: path, ...env } });
    const start = Date.now();
    let doneSince;
    let overdue = false;
    const watch = setInterval(() => {
      if (done()) doneSince ??= Date.now();
      if (Date.now() - start > RUN_DEADLINE_MS || (doneSince && Date.now() - doneSince > EXIT_GRACE_MS)) {
        overdue = true;
        child.kill('SIGKILL');
      }
    }, 500);
    const end = (code) => {
      clearInterval(watch);
      settle({ code: code ?? 1, overdue });
    };
    child.on('error', (error) => {
      console.error(error.message);
      end(1);
    });
    child.on('exit', end);
  });
}

/** The Node that npm brought, unless the one that runs this is new enough. */
function projectNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 15)) return process.execPath;
  const node = join(BIN, 'node');
  if (existsSync(node)) return node;
  console.error(
    `Node ${process.versions.node} is too old and node_modules brings none for this platform: use Node 24.`,
  );
  process.exit(1);
}

function npmCommand() {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm';
}
