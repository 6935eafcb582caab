import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/**
 * Starts the one Postgres server that all medium tests of a run share; each test file gets databases of its own.
 *
 * Jest loads this file without its own module mapping, so it takes the built code: `npm run jest` builds first.
 */
export default async function startPostgres() {
  if (process.env.GNOMON_TEST_POSTGRES) return;
  const { EmbeddedPostgres } = await import('../../../../dist/libs/database/src/embedded/embedded-postgres.js');
  const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-test-'));
  const server = await EmbeddedPostgres.start({ directory, throwAway: true, settings: { max_connections: '400' } });
  globalThis.gnomonTestPostgres = { server, directory };
  process.env.GNOMON_TEST_POSTGRES = server.url('{database}');
}
