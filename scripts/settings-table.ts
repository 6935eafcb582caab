// `npm run settings`: writes docs/settings.md from the settings that the code defines. `--check` only compares.
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { environmentName, type Setting } from '#kernel';
import prettier from 'prettier';
import { z } from 'zod';
import { allSettings } from './setting-definitions.js';

const ROOT = resolve(import.meta.dirname, '..', '..');
const TARGET = join(ROOT, 'docs', 'settings.md');
const INTRODUCTION = `# Settings

Generated from the code by \`npm run settings\`: do not edit.

Every setting is an environment variable, read once at start. An empty variable counts as not set. A value that does
not pass its check stops the start with a message that names the variable.
`;

/** What a value must be, in a few words, from the JSON schema of what the variable accepts. */
function typeOf(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'output' }) as Record<string, unknown>;
  if (Array.isArray(json['enum'])) return json['enum'].map((value) => `\`${String(value)}\``).join(', ');
  const parts = [typeof json['type'] === 'string' ? json['type'] : 'text'];
  if (typeof json['minimum'] === 'number') parts.push(`from ${json['minimum']}`);
  if (typeof json['exclusiveMinimum'] === 'number') parts.push(`over ${json['exclusiveMinimum']}`);
  if (typeof json['maximum'] === 'number' && json['maximum'] !== Number.MAX_SAFE_INTEGER) {
    parts.push(`to ${json['maximum']}`);
  }
  return parts.join(' ').replace('string', 'text').replace('array', 'list with commas');
}

function defaultOf({ schema }: Setting): string {
  const result = schema.safeParse(undefined);
  if (!result.success) return '**required**';
  const text = typeof result.data === 'string' ? result.data : (JSON.stringify(result.data) ?? '');
  return text === '' || text === '{}' || text === '[]' ? '' : `\`${text}\``;
}

function row(entry: Setting): string {
  const cells = [`\`${environmentName(entry)}\``, typeOf(entry.schema), defaultOf(entry), entry.meaning];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

async function render(): Promise<string> {
  const sections = groups.map(({ name, shape }) =>
    [`## ${name}`, '', '| Variable | Value | Default | Meaning |', '| --- | --- | --- | --- |']
      .concat(Object.values(shape).map(row))
      .join('\n'),
  );
  const options = (await prettier.resolveConfig(TARGET)) ?? {};
  return prettier.format([INTRODUCTION, ...sections].join('\n\n'), { ...options, filepath: TARGET });
}

const groups = await allSettings();
const table = await render();
const current = await readFile(TARGET, 'utf8').catch(() => '');
if (!process.argv.includes('--check')) {
  await writeFile(TARGET, table);
  console.log(`docs/settings.md: ${groups.length} groups`);
} else if (current !== table) {
  console.error('docs/settings.md is not what the code says: run `npm run settings` and commit the result.');
  process.exitCode = 1;
}
