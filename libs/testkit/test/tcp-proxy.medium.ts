import { once } from 'node:events';
import net from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '#testkit';
import { freePort } from '../src/servers/free-port.js';
import { TcpProxy } from '../src/servers/tcp-proxy.js';

describe('a proxy that can be cut', () => {
  let server: net.Server;
  let proxy: TcpProxy;
  const connections = new Set<net.Socket>();
  beforeEach(async () => {
    server = net.createServer((socket) => {
      connections.add(socket);
      socket.on('error', () => undefined).on('close', () => connections.delete(socket));
      socket.pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    proxy = await TcpProxy.start(await freePort(), () => port);
  });
  afterEach(async () => {
    await proxy.stop();
    for (const each of connections) each.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  const connect = async (): Promise<net.Socket> => {
    const socket = net.connect(proxy.port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };
  const echo = async (socket: net.Socket, text: string): Promise<string> => {
    socket.write(text);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return chunk.toString();
  };

  it('carries both ways, and ends the other side when one ends', async () => {
    const socket = await connect();
    expect(await echo(socket, 'hello')).toBe('hello');
    socket.end();
    await once(socket, 'close');
    await eventually(() => expect(connections.size).toBe(0));
  });

  it('carries all of an answer that is larger than its buffers, to a reader that is slow to begin', async () => {
    const socket = await connect();
    const size = 8 << 20;
    socket.pause();
    socket.end(Buffer.alloc(size, 'x'));
    let received = 0;
    socket.on('data', (chunk: Buffer) => (received += chunk.length));
    socket.resume();
    await once(socket, 'close');
    expect(received).toBe(size);
  });

  it('ends every connection when it is cut, refuses new ones for that time, and then leads on', async () => {
    const socket = await connect();
    await echo(socket, 'hello');
    const lost = once(socket, 'error') as Promise<[NodeJS.ErrnoException]>;
    const cut = proxy.cut(300);
    expect((await lost)[0].code).toBe('ECONNRESET');
    await expect(connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await eventually(() => expect(connections.size).toBe(0));
    await cut;
    const again = await connect();
    expect(await echo(again, 'again')).toBe('again');
    again.destroy();
  });

  it('is cut even while the other side reads nothing', async () => {
    const socket = await connect();
    await echo(socket, 'hello');
    for (const each of connections) each.pause();
    socket.write(Buffer.alloc(32 << 20));
    const lost = once(socket, 'error');
    await proxy.cut(10);
    await lost;
    for (const each of connections) each.destroy();
  });

  it('ends the connection of a client whose server is not there', async () => {
    const nobody = await freePort();
    const astray = await TcpProxy.start(await freePort(), () => nobody);
    const socket = net.connect(astray.port, '127.0.0.1');
    await new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve));
    await astray.stop();
  });
});
