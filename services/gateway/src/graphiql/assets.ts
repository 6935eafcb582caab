import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

interface Package {
  readonly directory: string;
  readonly version: string;
}

export interface Asset {
  readonly bytes: Buffer;
  readonly type: string;
  readonly versioned: boolean;
}

const react = installed('react');
const reactDom = installed('react-dom');
const graphiql = installed('graphiql');

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** File names as the page asks for them. Nothing else is served. */
const FILES = new Map([
  [`react-${react.version}.js`, { path: join(react.directory, 'umd/react.production.min.js'), type: SCRIPT }],
  [
    `react-dom-${reactDom.version}.js`,
    { path: join(reactDom.directory, 'umd/react-dom.production.min.js'), type: SCRIPT },
  ],
  [`graphiql-${graphiql.version}.js`, { path: join(graphiql.directory, 'graphiql.min.js'), type: SCRIPT }],
  [`graphiql-${graphiql.version}.css`, { path: join(graphiql.directory, 'graphiql.min.css'), type: STYLE }],
  ['start.js', { path: join(import.meta.dirname, 'page', 'start.js'), type: SCRIPT }],
  ['page.css', { path: join(import.meta.dirname, 'page', 'page.css'), type: STYLE }],
]);

/** Read once each; they are few and do not change while the process lives. */
const read = new Map<string, Promise<Asset>>();

export function readAsset(name: string): Promise<Asset> | undefined {
  const file = FILES.get(name);
  if (!file) return undefined;
  let asset = read.get(name);
  if (!asset) {
    const versioned = /\d/.test(name);
    asset = readFile(file.path).then((bytes) => ({ bytes, type: file.type, versioned }));
    asset.catch(() => read.delete(name));
    read.set(name, asset);
  }
  return asset;
}

const scripts = [
  `react-${react.version}.js`,
  `react-dom-${reactDom.version}.js`,
  `graphiql-${graphiql.version}.js`,
  'start.js',
];
const styles = [`graphiql-${graphiql.version}.css`, 'page.css'];

/** The page. */
export const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>Gnomon · GraphiQL</title>
    <link rel="icon" href="data:," />
${styles.map((name) => `    <link rel="stylesheet" href="/graphiql/assets/${name}" />`).join('\n')}
  </head>
  <body>
    <form id="access">
      <label for="token">API token</label>
      <input id="token" type="password" autocomplete="off" spellcheck="false" placeholder="gno_…" />
      <button type="submit">Use</button>
      <span id="state" role="status"></span>
    </form>
    <div id="graphiql">Loading…</div>
${scripts.map((name) => `    <script src="/graphiql/assets/${name}" defer></script>`).join('\n')}
  </body>
</html>
`;

function installed(name: string): Package {
  const file = require.resolve(`${name}/package.json`);
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return { directory: dirname(file), version };
}
