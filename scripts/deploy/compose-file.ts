import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import * as dclint from 'dclint';
import { parse } from 'yaml';
import type { Problem } from './manifest.js';
import { interpolate } from './interpolate.js';

/** A Compose file as `docker compose config` would show it: anchors and variables resolved. */
export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks?: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

export interface ComposeService {
  readonly image?: string;
  readonly build?: unknown;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly read_only?: boolean;
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly volumes?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

/** As dclint declares it; its declarations do not resolve in ES modules. */
interface Linter {
  lintFiles(paths: string[], recursive: boolean): { messages: { line: number; rule: string; message: string }[] }[];
}
type LinterClass = new (config: { rules: object; quiet: boolean; debug: boolean; exclude: string[] }) => Linter;

/** Of dclint, what is a mistake. The order of keys is ours: what a reader wants to know first comes first. */
const LINT_RULES: Readonly<Record<string, 0 | 2>> = {
  'no-build-and-image': 0,
  'no-duplicate-container-names': 2,
  'no-duplicate-exported-ports': 2,
  'no-quotes-in-volumes': 0,
  'no-unbound-port-interfaces': 2,
  'no-version-field': 2,
  'require-project-name-field': 2,
  'require-quotes-in-ports': 2,
  'service-container-name-regex': 2,
  'service-dependencies-alphabetical-order': 2,
  'service-image-require-explicit-tag': 2,
  'service-keys-order': 0,
  'service-ports-alphabetical-order': 2,
  'services-alphabetical-order': 0,
  'top-level-properties-order': 0,
};

/**
 * Reads a Compose file with variables as an `.env` would set them.
 *
 * @throws Error naming the variable that is required and not set
 */
export function readCompose(text: string, variables: Readonly<Record<string, string>>): ComposeFile {
  return interpolate(parse(text, { merge: true }), variables) as ComposeFile;
}

/** What Compose itself would refuse, by the schema of its specification. */
export function composeSchemaProblems(file: ComposeFile): Problem[] {
  const validate = composeSchema();
  if (validate(file)) return [];
  return (validate.errors ?? []).map(({ instancePath, message, params }) => ({
    where: `docker-compose.yml ${instancePath}`,
    what: `${message} ${JSON.stringify(params)}`,
  }));
}

function composeSchema(): ValidateFunction {
  const file = createRequire(import.meta.url).resolve('dclint/package.json');
  const schema = JSON.parse(
    readFileSync(file.replace('package.json', 'schemas/compose.schema.json'), 'utf8'),
  ) as object;
  // Ajv knows the draft by its `http:` name only. Times and ports are checked by their patterns.
  const { $schema: _draft, ...rest } = schema as { $schema?: string };
  return new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(rest);
}

/** What dclint finds in the file as it stands. */
export function lintProblems(path: string): Problem[] {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- it has no type here, see above
  const { DCLinter }: { DCLinter: LinterClass } = dclint;
  const linter = new DCLinter({ rules: LINT_RULES, quiet: false, debug: false, exclude: [] });
  return linter
    .lintFiles([path], false)
    .flatMap(({ messages }) =>
      messages.map(({ line, rule, message }) => ({ where: `docker-compose.yml:${line}`, what: `${rule}: ${message}` })),
    );
}
