import { CatalogService } from '#contracts';
import { Metrics, SystemClock } from '#kernel';
import { ContractRegistry, RemoteCaller, RpcServer, ServiceTokens, type RpcClient, type RpcHandlers } from '#rpc';

export type Catalog = RpcClient<typeof CatalogService>;
export type CatalogHandlers = Partial<RpcHandlers<typeof CatalogService>>;

export const SERVICE_KEY = 'the service key of these tests, long enough';
export const tokens = (key = SERVICE_KEY): ServiceTokens => new ServiceTokens([key], 'test', new SystemClock());

/** A client and what is at the other end of it. */
export interface Bound {
  readonly client: Catalog;
  close(): Promise<void>;
}

/** Both ends in one process. */
export async function bindLocally(handlers: CatalogHandlers | undefined): Promise<Bound> {
  const registry = new ContractRegistry();
  if (handlers) registry.serve(CatalogService, handlers as RpcHandlers<typeof CatalogService>);
  return { client: registry.client(CatalogService), close: async () => {} };
}

/** A real server on a free port, and a client that has only its address. */
export async function bindRemotely(handlers: CatalogHandlers | undefined): Promise<Bound> {
  const server = await serve(handlers ?? {});
  const { client, caller } = clientOf([`http://127.0.0.1:${server.port}`]);
  if (!handlers) await server.close();
  return {
    client,
    close: async () => {
      caller.close();
      if (handlers) await server.close();
    },
  };
}

export function serve(handlers: CatalogHandlers, options: { port?: number; key?: string } = {}): Promise<RpcServer> {
  const registry = new ContractRegistry();
  registry.serve(CatalogService, handlers as RpcHandlers<typeof CatalogService>);
  return RpcServer.start({
    host: '127.0.0.1',
    port: options.port ?? 0,
    served: registry.served(),
    tokens: tokens(options.key),
    deadlineMs: 5_000,
  });
}

export function clientOf(
  urls: readonly string[],
  options: { metrics?: Metrics; deadlineMs?: number } = {},
): { client: Catalog; caller: RemoteCaller } {
  const caller = new RemoteCaller({
    addresses: new Map([[CatalogService.typeName, urls]]),
    tokens: tokens(),
    deadlineMs: options.deadlineMs ?? 5_000,
    metrics: options.metrics ?? new Metrics(),
  });
  const registry = new ContractRegistry();
  registry.bindRemote(caller);
  return { client: registry.client(CatalogService), caller };
}
