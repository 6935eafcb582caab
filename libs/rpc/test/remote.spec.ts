import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { CatalogService, PolicyService } from '#contracts';
import { Metrics } from '#kernel';
import { systemContext, type RemoteCaller, type RpcServer } from '#rpc';
import { eventually } from '#testkit';
import { clientOf, serve, tokens, type CatalogHandlers } from './bindings.js';

const context = systemContext('tenant-1', 'test');
const never = (): Promise<never> => new Promise<never>(() => undefined);

describe('calls between processes', () => {
  const servers: RpcServer[] = [];
  const callers: RemoteCaller[] = [];
  const started = async (handlers: CatalogHandlers, options?: Parameters<typeof serve>[1]): Promise<RpcServer> => {
    const server = await serve(handlers, options);
    servers.push(server);
    return server;
  };
  const client = (urls: readonly string[], options?: Parameters<typeof clientOf>[1]): ReturnType<typeof clientOf> => {
    const made = clientOf(urls, options);
    callers.push(made.caller);
    return made;
  };
  afterEach(async () => {
    for (const caller of callers.splice(0)) caller.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const urlOf = (server: RpcServer): string => `http://127.0.0.1:${server.port}`;

  /** Breaks every connection as soon as something is said on it, as a process that is killed in the middle does. */
  async function breaking(
    times: number,
    target?: number,
  ): Promise<{ url: string; connections(): number; close(): void }> {
    let connections = 0;
    const server = net.createServer((socket) => {
      connections += 1;
      const broken = connections <= times;
      socket.on('error', () => undefined);
      if (broken) return void socket.once('data', () => socket.resetAndDestroy());
      const onward = net.connect(target!, '127.0.0.1').on('error', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    return { url: `http://127.0.0.1:${port}`, connections: () => connections, close: () => server.close() };
  }

  it('spreads calls over several instances, and reads go on when one of them is gone', async () => {
    const [first, second] = await Promise.all(
      ['first', 'second'].map((id) => started({ getApps: async () => ({ apps: [{ id }] }) })),
    );
    const { client: catalog } = client([urlOf(first!), urlOf(second!)]);
    const ask = async (): Promise<string> => (await catalog.getApps({}, context)).apps[0]!.id;
    expect(new Set([await ask(), await ask()])).toEqual(new Set(['first', 'second']));
    await first!.close();
    servers.splice(servers.indexOf(first!), 1);
    expect(await Promise.all([ask(), ask(), ask(), ask()])).toEqual(['second', 'second', 'second', 'second']);
  });

  it('tries a read again whose connection broke, three times at most', async () => {
    const server = await started({ getApps: async () => ({ apps: [{ id: 'a' }] }) });
    const metrics = new Metrics();
    const twice = await breaking(2, server.port);
    const { client: catalog } = client([twice.url], { metrics });
    expect((await catalog.getApps({}, context)).apps[0]!.id).toBe('a');
    expect(await metrics.render()).toMatch(/gnomon_rpc_repeats_total\{contract="CatalogService",method="GetApps"\} 2/);

    const always = await breaking(Infinity);
    await expect(client([always.url]).client.getApps({}, context)).rejects.toMatchObject({ code: 'rpc.unavailable' });
    expect(always.connections()).toBe(3);
    twice.close();
    always.close();
  });

  it('never tries a change again', async () => {
    const always = await breaking(Infinity);
    const { client: catalog } = client([always.url]);
    await expect(catalog.createCustomApp({}, context)).rejects.toMatchObject({ code: 'rpc.unavailable' });
    expect(always.connections()).toBe(1);
    always.close();
  });

  it('sends a change to an instance that is there', async () => {
    const gone = await serve({});
    const url = urlOf(gone);
    await gone.close();
    let calls = 0;
    const server = await started({ createCustomApp: async () => ({ id: String(++calls) }) });
    const { client: catalog } = client([url, urlOf(server)]);
    for (let call = 0; call < 4; call++) await catalog.createCustomApp({}, context);
    expect(calls).toBe(4);
  });

  it('stops trying at the deadline', async () => {
    const server = await started({ getApps: never });
    const { client: catalog } = client([urlOf(server)], { deadlineMs: 150 });
    const start = performance.now();
    await expect(catalog.getApps({}, context)).rejects.toMatchObject({ code: 'rpc.deadline' });
    expect(performance.now() - start).toBeLessThan(2_000);
  });

  it('is not let in with another key, and does not call that a wrong credential of the caller', async () => {
    const server = await started({ getApps: async () => ({}) }, { key: 'another key, which is also long enough' });
    const { client: catalog, caller } = client([urlOf(server)]);
    await expect(catalog.getApps({}, context)).rejects.toMatchObject({ kind: 'unavailable', code: 'rpc.refused' });
    expect(await caller.health(CatalogService)).toMatchObject({
      ready: false,
      reason: expect.stringContaining('GNOMON_SERVICE_KEY'),
    });
  });

  it('answers nobody who has no token, before reading what they send', async () => {
    let calls = 0;
    const server = await started({ getApps: async () => ({ apps: [{ id: String(++calls) }] }) });
    const session = http2.connect(urlOf(server));
    const path = `/${CatalogService.typeName}/GetApps`;
    const ask = async (authorization: string): Promise<string | undefined> => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        authorization,
      });
      stream.resume().end(Buffer.alloc(5));
      let status: unknown;
      stream.on('response', (headers) => (status = headers['grpc-status']));
      stream.on('trailers', (headers) => (status = headers['grpc-status']));
      await once(stream, 'close');
      return String(status);
    };
    const UNAUTHENTICATED = '16';
    expect(await ask('')).toBe(UNAUTHENTICATED);
    expect(await ask('Bearer nonsense.nonsense')).toBe(UNAUTHENTICATED);
    expect(await ask(`Bearer ${tokens().sign(`${CatalogService.typeName}/ListApps`, context)}`)).toBe(UNAUTHENTICATED);
    expect(calls).toBe(0);
    expect(await ask(`Bearer ${tokens().sign(path.slice(1), context)}`)).toBe('0');
    session.close();
  });

  it('says what is wrong with the other side', async () => {
    const server = await started({ getApps: async () => ({}) });
    const { caller } = client([urlOf(server)]);
    expect(await caller.health(CatalogService)).toEqual({ ready: true });
    expect(await caller.health(PolicyService)).toMatchObject({ ready: false });
    const gone = await started({});
    const url = urlOf(gone);
    await gone.close();
    servers.pop();
    const { caller: lost } = client([url]);
    expect(await lost.health(CatalogService)).toEqual({
      ready: false,
      reason: `${url}: CatalogService is not available.`,
    });
    const { caller: half } = client([url, urlOf(server)]);
    expect(await half.health(CatalogService)).toEqual({ ready: true });
  });

  it('finishes the calls in hand when it stops, and takes no more', async () => {
    let answer: () => void = () => undefined;
    let calls = 0;
    const server = await serve({
      getApps: async () => {
        calls += 1;
        await new Promise<void>((resolve) => (answer = resolve));
        return { apps: [{ id: 'done' }] };
      },
    });
    const { client: catalog } = client([urlOf(server)]);
    const call = catalog.getApps({}, context);
    await eventually(async () => expect(calls).toBe(1));
    const closing = server.close();
    await expect(catalog.createCustomApp({}, context)).rejects.toMatchObject({ code: 'rpc.unavailable' });
    answer();
    expect((await call).apps[0]!.id).toBe('done');
    await closing;
  });

  it('names the setting where its port is taken', async () => {
    const { port } = await started({});
    await expect(serve({}, { port })).rejects.toMatchObject({
      code: 'rpc.port-closed',
      message: expect.stringContaining('GNOMON_RPC_PORT'),
    });
  });

  it('connects again to a process that was started anew', async () => {
    const handlers = { getApps: async () => ({ apps: [{ id: 'a' }] }) };
    const server = await serve(handlers);
    const { port } = server;
    const { client: catalog } = client([urlOf(server)]);
    await catalog.getApps({}, context);
    await server.close();
    await expect(catalog.getApps({}, context)).rejects.toMatchObject({ code: 'rpc.unavailable' });
    await started(handlers, { port });
    expect((await catalog.getApps({}, context)).apps).toHaveLength(1);
  });
});
