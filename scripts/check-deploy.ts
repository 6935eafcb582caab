// What `.ci/run` asks of the Dockerfile, docker-compose.yml and k8s/: that they are what Docker, Compose and Kubernetes take,
// that they agree with the code, and that they keep our own rules. Reads files only, but for a kubectl where there is one.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { spawnSync } from 'node:child_process';
import { messageOf } from '#kernel';
import { parseAllDocuments } from 'yaml';
import { COMPOSE_POLICIES, secretsIn } from './deploy/compose-policies.js';
import { composeSchemaProblems, lintProblems, readCompose } from './deploy/compose-file.js';
import { dockerfileProblems } from './deploy/dockerfile.js';
import { readFacts, type Facts } from './deploy/facts.js';
import { renderKustomization } from './deploy/kustomize.js';
import { nameOf, type Manifest, type Problem } from './deploy/manifest.js';
import { POD_POLICIES } from './deploy/pod-policies.js';
import { schemaProblems } from './deploy/schemas.js';
import { SET_POLICIES } from './deploy/set-policies.js';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
const OVERLAYS = ['k8s/small', 'k8s/large'];
/** As compose/make-env.sh names them. */
const ENV = Object.fromEntries(
  ['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'GNOMON_SECRET_KEY', 'GNOMON_SERVICE_KEY'].map((name) => [name, 'f00d']),
);

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');

function checkDockerfile(facts: Facts): Problem[] {
  return dockerfileProblems(read('Dockerfile'), facts);
}

function checkCompose(facts: Facts): Problem[] {
  const text = read('docker-compose.yml');
  const file = readCompose(text, ENV);
  return [
    ...composeSchemaProblems(file),
    ...lintProblems(path.join(ROOT, 'docker-compose.yml')),
    ...COMPOSE_POLICIES.flatMap((policy) => policy.check(file, facts)),
    ...secretsIn(text),
  ];
}

async function checkOverlay(overlay: string, facts: Facts): Promise<Problem[]> {
  const manifests = renderKustomization(path.join(ROOT, overlay));
  const policies = [...POD_POLICIES, ...SET_POLICIES];
  const problems = [
    ...(await schemaProblems(manifests)),
    ...policies.flatMap((policy) => policy.check(manifests, facts)),
    ...differences(overlay, manifests),
  ];
  return problems.map(({ where, what }) => ({ where: `${overlay}: ${where}`, what }));
}

/** The names in the example of the Secret: what somebody fills in must be what the services read. */
function checkSecret({ settings }: Facts): Problem[] {
  const names = [...read('k8s/secrets.env.example').matchAll(/^(\w+)=(.*)$/gm)];
  return names.flatMap(([, name = '', value]) => [
    ...(settings.has(name) ? [] : [{ where: 'k8s/secrets.env.example', what: `${name} is not a setting` }]),
    ...(value === '' ? [] : [{ where: 'k8s/secrets.env.example', what: `${name} has a value` }]),
  ]);
}

/** What kubectl renders otherwise than we do. Nothing where there is none, or one from before 1.21. */
function differences(overlay: string, ours: readonly Manifest[]): Problem[] {
  const version = spawnSync('kubectl', ['version', '--client', '--output', 'json'], { encoding: 'utf8' });
  const { minor = '0' } = (version.status === 0 ? clientVersion(version.stdout) : undefined) ?? {};
  if (parseInt(minor) < 21) {
    console.log(`${overlay}: rendered by our own reader only, kubectl is not here or too old to compare with.`);
    return [];
  }
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', path.join(ROOT, overlay)], {
    encoding: 'utf8',
  });
  if (status !== 0) return [{ where: 'kubectl kustomize', what: stderr }];
  const theirs = new Map(
    parseAllDocuments(stdout)
      .map((each) => each.toJS() as Manifest)
      .map((each) => [nameOf(each), each]),
  );
  const different = ours.filter((each) => !isDeepStrictEqual(theirs.get(nameOf(each)), each)).map(nameOf);
  const missing = [...theirs.keys()].filter((name) => !ours.some((each) => nameOf(each) === name));
  return [...different, ...missing].map((where) => ({ where, what: 'kubectl renders it otherwise than we do' }));
}

function clientVersion(json: string): { minor?: string } | undefined {
  return (JSON.parse(json) as { clientVersion?: { minor?: string } }).clientVersion;
}

async function check(name: string, run: () => Problem[] | Promise<Problem[]>): Promise<number> {
  const problems = await Promise.resolve()
    .then(run)
    .catch((error: unknown) => [{ where: name, what: messageOf(error) }]);
  for (const { where, what } of problems) console.error(`${where}: ${what}`);
  console.log(`${name}: ${problems.length === 0 ? 'ok' : `${problems.length} problems`}`);
  return problems.length;
}

const facts = await readFacts();
let found = await check('Dockerfile', () => checkDockerfile(facts));
found += await check('docker-compose.yml', () => checkCompose(facts));
found += await check('k8s/secrets.env.example', () => checkSecret(facts));
for (const overlay of OVERLAYS) found += await check(overlay, () => checkOverlay(overlay, facts));
process.exitCode = found > 0 ? 1 : 0;
