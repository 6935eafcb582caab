// `npm run schema`: writes services/gateway/schema.graphql, the whole API as one sorted file.
// `--check` only compares; `--against REF` names what has changed since a git ref and fails on what would break clients.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema, lexicographicSortSchema, printSchema, validateSchema } from 'graphql';
import prettier from 'prettier';

const ROOT = resolve(import.meta.dirname, '..');
const SOURCES = join(ROOT, 'services', 'gateway', 'src', 'schema');
const FILE = 'services/gateway/schema.graphql';
const HEADER = '# Generated from src/schema by `npm run schema`: do not edit.\n\n';

async function build(): Promise<string> {
  const files = readdirSync(SOURCES).filter((file) => file.endsWith('.graphql'));
  const schema = buildSchema(files.map((file) => readFileSync(join(SOURCES, file), 'utf8')).join('\n'));
  const errors = validateSchema(schema);
  if (errors.length > 0) throw new Error(errors.map((error) => error.message).join('\n'));
  const text = `${HEADER}${printSchema(lexicographicSortSchema(schema))}\n`;
  return prettier.format(text, { ...(await prettier.resolveConfig(join(ROOT, FILE))), parser: 'graphql' });
}

/** Prints what has changed since the ref. @returns whether a client could break */
async function breaksSince(ref: string, current: string): Promise<boolean> {
  const before = execFileSync('git', ['show', `${ref}:${FILE}`], { cwd: ROOT, encoding: 'utf8' });
  const changes = await diff(buildSchema(before), buildSchema(current));
  for (const { criticality, message } of changes) console.log(`${criticality.level}: ${message}`);
  if (changes.length === 0) console.log(`${FILE}: unchanged since ${ref}`);
  return changes.some(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
}

const current = await build();
const target = join(ROOT, FILE);
if (!process.argv.includes('--check')) {
  writeFileSync(target, current);
  console.log(`${FILE}: ${current.split('\n').length} lines`);
} else if (readFileSync(target, 'utf8') !== current) {
  console.error(`${FILE} is not what the schema says: run \`npm run schema\` and commit the result.`);
  process.exitCode = 1;
}
const against = process.argv.indexOf('--against');
if (against > 0) {
  const ref = process.argv[against + 1];
  if (!ref) throw new Error('--against needs a git ref.');
  if (await breaksSince(ref, current)) process.exitCode = 1;
}
