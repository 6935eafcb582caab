import { rmSync } from 'node:fs';

/** Ends what start-postgres.js started. */
export default async function stopPostgres() {
  const started = globalThis.gnomonTestPostgres;
  if (!started) return;
  globalThis.gnomonTestPostgres = undefined;
  await started.server.stop();
  rmSync(started.directory, { recursive: true, force: true });
}
