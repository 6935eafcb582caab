import { connect } from 'node:net';

export interface RawAnswer {
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  readonly head: string;
}

const PATIENCE_MS = 15_000;

/** Sends bytes as they are, then closes its half, and answers the head of what comes back. @throws Error if nothing does */
export function sendRaw(url: string, bytes: Uint8Array): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`No answer within ${PATIENCE_MS} ms.`));
    }, PATIENCE_MS);
    const finish = (): void => {
      clearTimeout(late);
      socket.destroy();
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text.replace(/^HTTP\/1\.1 100.*?\r\n\r\n/s, ''))?.[1] ?? 0);
      resolve({ status, head: text.slice(0, 600) });
    };
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (/^HTTP\/1\.1 (?!100).*\r\n\r\n/s.test(text)) finish();
    });
    // The server may refuse before it has read everything.
    socket.on('error', () => undefined);
    socket.on('close', finish);
    socket.end(bytes);
  });
}
