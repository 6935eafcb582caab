import { connect, type Socket } from 'node:net';

/** What the load is to be, sent by the benchmark. */
export interface LoadOrder {
  readonly port: number;
  readonly credentials: readonly string[];
  readonly etag: string;
  readonly connections: number;
  readonly milliseconds: number;
}

/** What came back. */
export interface LoadAnswer {
  readonly answers: number;
  /** Answers other than 304. */
  readonly others: number;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const NOT_MODIFIED = 'HTTP/1.1 304';

/** Check-ins over kept-alive connections, one at a time on each, written as bytes so that the load itself costs little. */
async function play(order: LoadOrder): Promise<LoadAnswer> {
  const count = { answers: 0, others: 0 };
  const deadline = performance.now() + order.milliseconds;
  const connections = Array.from({ length: order.connections }, (_, index) => {
    const credential = order.credentials[index % order.credentials.length]!;
    return checkIns(order.port, requestOf(credential, order.etag), deadline, count);
  });
  await Promise.all(connections);
  return count;
}

function requestOf(credential: string, etag: string): Buffer {
  const lines = [
    'GET /v1/blocklist HTTP/1.1',
    'Host: 127.0.0.1',
    `Authorization: Bearer ${credential}`,
    'Accept: application/x-protobuf',
    `If-None-Match: ${etag}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

function checkIns(
  port: number,
  request: Buffer,
  deadline: number,
  count: { answers: number; others: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let rest: Buffer = Buffer.alloc(0);
    socket.once('connect', () => socket.write(request));
    socket.once('error', reject);
    socket.once('close', () => resolve());
    socket.on('data', (chunk: Buffer) => {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = rest.indexOf(END_OF_HEAD);
      if (end < 0) return;
      if (rest.toString('latin1', 0, NOT_MODIFIED.length) === NOT_MODIFIED) count.answers += 1;
      else count.others += 1;
      rest = Buffer.alloc(0);
      if (performance.now() < deadline) socket.write(request);
      else socket.end();
    });
  });
}

process.on('message', (order: LoadOrder) => {
  play(order).then(
    (answer) => process.send!(answer),
    (error: unknown) => {
      process.stderr.write(`The load failed: ${String(error)}\n`);
      process.exit(1);
    },
  );
});
