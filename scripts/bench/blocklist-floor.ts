import { createServer } from 'node:http';

/** The least an unchanged check-in can cost in Node: the same 304, to anybody. */
const server = createServer((request, response) => {
  response.writeHead(304, { ETag: request.headers['if-none-match'] ?? '', 'Cache-Control': 'no-cache' });
  response.end();
});
server.listen(0, '127.0.0.1', () => process.send!((server.address() as { port: number }).port));
