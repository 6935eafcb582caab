import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { DescService } from '@bufbuild/protobuf';
import { Code, ConnectError, createContextKey, type ConnectRouter, type HandlerContext } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { ProcessService } from '#contracts';
import { isDomainError, messageOf, withCorrelationId } from '#kernel';
import { toConnectError } from './call-error.js';
import type { CallContext } from './call-context.js';
import type { ServedContract } from './contract-registry.js';
import { beforeDeadline, withDeadline } from './deadline.js';
import { MAX_MESSAGE_BYTES } from './remote-caller.js';
import { portClosed } from './rpc.errors.js';
import type { ServiceTokens } from './service-tokens.js';

const MAX_STREAMS_OF_CONNECTION = 256;
const MAX_DEADLINE_MS = 300_000;
const DRAIN_MS = 5_000;
const CALLER = createContextKey<CallContext | undefined>(undefined, { description: 'who the call is made for' });

export interface RpcServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly served: readonly ServedContract[];
  readonly tokens: ServiceTokens;
  /** For calls that come without a deadline. */
  readonly deadlineMs: number;
}

/** Answers the calls of other processes: gRPC, gRPC-Web and Connect over HTTP/2, with a service token on each call. */
export class RpcServer {
  private readonly logger = new Logger('Rpc');
  private readonly sessions = new Set<http2.ServerHttp2Session>();
  private readonly server: http2.Http2Server;

  private constructor(private readonly options: RpcServerOptions) {
    this.server = http2.createServer(
      { settings: { maxConcurrentStreams: MAX_STREAMS_OF_CONNECTION } },
      connectNodeAdapter({
        routes: (router) => this.route(router),
        // Before a byte of the body is read.
        requestGate: (call) => void call.values.set(CALLER, this.callerOf(call)),
        readMaxBytes: MAX_MESSAGE_BYTES,
        writeMaxBytes: MAX_MESSAGE_BYTES,
        maxTimeoutMs: MAX_DEADLINE_MS,
      }),
    );
    this.server.on('session', (session) => {
      this.sessions.add(session);
      session.on('close', () => this.sessions.delete(session));
      session.on('error', (error) => this.logger.debug(`A connection broke: ${messageOf(error)}`));
    });
  }

  /** @throws DomainError `rpc.port-closed` naming the setting, where the port cannot be opened */
  static async start(options: RpcServerOptions): Promise<RpcServer> {
    const rpc = new RpcServer(options);
    rpc.server.listen(options.port, options.host);
    try {
      await once(rpc.server, 'listening');
    } catch (error) {
      throw portClosed(`${options.host}:${options.port}`, messageOf(error));
    }
    return rpc;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes no new calls and waits, five seconds at most, for those in hand. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const session of this.sessions) session.close();
    const late = setTimeout(() => {
      for (const session of this.sessions) session.destroy();
    }, DRAIN_MS);
    await closed;
    clearTimeout(late);
  }

  private route(router: ConnectRouter): void {
    for (const { contract, handlers } of this.options.served) {
      const methods = contract.methods.map((method) => {
        const answer = (request: unknown, call: HandlerContext): Promise<unknown> =>
          this.answer(contract, call, (context) => handlers[method.localName]!(request, context));
        return [method.localName, answer] as const;
      });
      router.service(contract, Object.fromEntries(methods) as never);
    }
    const contracts = this.options.served.map(({ contract }) => contract.typeName);
    router.service(ProcessService, { getServedContracts: () => ({ contracts }) });
  }

  private async answer(
    contract: DescService,
    call: HandlerContext,
    work: (context: CallContext) => Promise<unknown>,
  ): Promise<unknown> {
    const context = call.values.get(CALLER)!;
    return withCorrelationId(context.correlationId, async () => {
      try {
        return await withDeadline(call.timeoutMs() ?? this.options.deadlineMs, () =>
          beforeDeadline(contract.name, () => work(context)),
        );
      } catch (error) {
        if (isDomainError(error)) throw toConnectError(error);
        this.logger.error(error instanceof Error ? error : String(error));
        throw new ConnectError('internal', Code.Internal);
      }
    });
  }

  private callerOf(call: HandlerContext): CallContext {
    const token = /^Bearer (\S+)$/.exec(call.requestHeader.get('Authorization') ?? '')?.[1] ?? '';
    const method = `${call.service.typeName}/${call.method.name}`;
    try {
      return this.options.tokens.verify(token, method);
    } catch (error) {
      this.logger.warn(`Refused a call of ${method}: ${messageOf(error)}`);
      throw new ConnectError('The service token is not valid.', Code.Unauthenticated);
    }
  }
}
