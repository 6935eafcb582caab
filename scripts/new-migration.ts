// `npm run new:migration -- SERVICE Name`: a new, empty migration of one service.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '..');
const USAGE = 'Usage: npm run new:migration -- SERVICE Name, for example: npm run new:migration -- policy AddOwner';

function fail(message: string): never {
  console.error(`${message}\n${USAGE}`);
  process.exit(2);
}

const [service, name, ...rest] = process.argv.slice(2);
if (!service || !name || rest.length > 0) fail('Expected a service and a name.');
if (!/^[A-Z][A-Za-z0-9]*$/.test(name)) fail(`"${name}" is not a class name in PascalCase.`);
const source = join(ROOT, 'services', service, 'src');
if (!/^[a-z-]+$/.test(service) || !existsSync(source)) fail(`There is no service "${service}".`);

const timestamp = Date.now();
const className = `${name}${timestamp}`;
const slug = name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toLowerCase();
const file = join(source, 'migrations', `${timestamp}-${slug}.ts`);
mkdirSync(join(source, 'migrations'), { recursive: true });
writeFileSync(
  file,
  `import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Expand first, contract in a later release: the version before this one must keep running on the new tables. */
export class ${className} implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(\`\`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(\`\`);
  }
}
`,
  { flag: 'wx' },
);
console.log(`${relative(ROOT, file)}\nAdd ${className} to the migrations of ${service}.module.ts.`);
