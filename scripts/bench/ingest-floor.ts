import { createServer } from 'node:http';
import { gunzipSync } from 'node:zlib';

/** The least a JSON ingest can do in Node: take the body, unpack it, parse it, answer. Keeps nothing. */
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const batch = JSON.parse(gunzipSync(Buffer.concat(chunks)).toString()) as { events: unknown[] };
    response.end(String(batch.events.length));
  });
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port));
