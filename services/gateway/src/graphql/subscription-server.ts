import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import {
  getOperationAST,
  GraphQLError,
  parse,
  subscribe,
  validate,
  type ExecutionArgs,
  type ValidationRule,
} from 'graphql';
import { handleProtocols, type Context, type SubscribePayload } from 'graphql-ws';
import { useServer, type Extra } from 'graphql-ws/use/ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { Authenticator, bearerOf, CredentialDirectory, type Principal } from '#access';
import { isDomainError, newId, withCorrelationId, type SettingsOf } from '#kernel';
import { GatewaySettings } from '../gateway.config.js';
import { subscriptionsOnly, tooManySubscriptions } from '../gateway.errors.js';
import { costOf, tooCostly } from './cost.js';
import { formatSocketErrors } from './error-format.js';
import { allRules } from './limits.js';
import { RequestContexts } from './request-context.js';

const PATH = '/graphql';

/** Close codes of the WebSocket, beside those of the graphql-transport-ws protocol. */
export const CLOSED = {
  /** The token was wrong, or is no longer valid. */
  forbidden: 4403,
  /** The client reads too slowly. */
  slow: 4429,
} as const;

type SocketContext = Context<Record<string, unknown> | undefined, Extra>;

interface Connection {
  readonly token: string;
  readonly principal: Principal;
  readonly recheck: NodeJS.Timeout;
}

/** Serves subscriptions by the graphql-transport-ws protocol at the path of the API. */
@Injectable()
export class SubscriptionServer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SubscriptionServer.name);
  private readonly rules: ValidationRule[];
  private readonly connections = new Map<WebSocket, Connection>();
  private server: WebSocketServer | undefined;
  private unwatch: (() => void) | undefined;
  private disposable: { dispose: () => void | Promise<void> } | undefined;

  constructor(
    private readonly adapter: HttpAdapterHost,
    private readonly schemaHost: GraphQLSchemaHost,
    private readonly authenticator: Authenticator,
    private readonly directory: CredentialDirectory,
    private readonly contexts: RequestContexts,
    @Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>,
  ) {
    this.rules = allRules(settings);
  }

  onApplicationBootstrap(): void {
    const { maxMessageBytes, maxSubscriptions } = this.settings;
    const server = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, handleProtocols });
    this.server = server;
    this.disposable = useServer(
      {
        // Else what went wrong inside is told in the reason of the close.
        isProd: true,
        onConnect: (context) => this.connect(context),
        onSubscribe: (context, _id, payload) => this.prepare(context, payload),
        subscribe: (args) => withCorrelationId(newId(), () => subscribe(args)),
        onNext: (_context, _id, _payload, _args, result) =>
          result.errors ? { ...result, errors: formatSocketErrors(result.errors) } : undefined,
        onError: (_context, _id, _payload, errors) => formatSocketErrors(errors),
        onClose: ({ extra }) => this.disconnect(extra.socket),
      },
      server,
    );
    // graphql-ws writes everything that a client gets wrong to the console; ws has closed the connection already.
    server.on('connection', (client) => client.removeAllListeners('error').on('error', () => undefined));
    // A revocation takes effect when its event is read; the timer is for what just expires.
    this.unwatch = this.directory.onChange((id) => this.recheckAllOf(id));
    const http = this.adapter.httpAdapter.getHttpServer() as NodeJS.EventEmitter;
    http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (request.url?.split('?', 1)[0] !== PATH) return refuse(socket, '404 Not Found');
      // A connection that subscribes to nothing costs memory too.
      if (server.clients.size >= maxSubscriptions) return refuse(socket, '503 Service Unavailable');
      server.handleUpgrade(request, socket, head, (client) => server.emit('connection', client, request));
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (!this.server) return;
    this.unwatch?.();
    const { clients } = this.server;
    const closed = this.disposable?.dispose();
    // Whoever does not answer the close in a second is not waited for.
    const impatience = setTimeout(() => clients.forEach((client) => client.terminate()), 1_000);
    await closed;
    clearTimeout(impatience);
  }

  /** Nest's guards do not see connections: this is where they are authenticated, and again while they are open. */
  private async connect({ connectionParams, extra }: SocketContext): Promise<boolean> {
    const header = connectionParams?.['Authorization'] ?? connectionParams?.['authorization'];
    const token = bearerOf(typeof header === 'string' ? header : undefined);
    if (!token) return false;
    const principal = await this.authenticator.authenticate(token).catch(() => undefined);
    if (!principal || extra.socket.readyState !== extra.socket.OPEN) return false;
    const recheck = setInterval(() => void this.recheck(extra.socket, token), this.settings.recheckSeconds * 1000);
    this.connections.set(extra.socket, { token, principal, recheck });
    return true;
  }

  private disconnect(socket: WebSocket): void {
    clearInterval(this.connections.get(socket)?.recheck);
    this.connections.delete(socket);
  }

  private recheckAllOf(credentialId: string): void {
    for (const [socket, { principal, token }] of this.connections) {
      if (principal.id === credentialId) void this.recheck(socket, token);
    }
  }

  private async recheck(socket: WebSocket, token: string): Promise<void> {
    try {
      await this.authenticator.authenticate(token);
    } catch (error) {
      // An outage says nothing about the token.
      if (isDomainError(error) && error.kind === 'unauthenticated') socket.close(CLOSED.forbidden, 'Forbidden');
    }
  }

  /** What graphql-ws would do, with the limits that HTTP has. */
  private prepare(context: SocketContext, payload: SubscribePayload): ExecutionArgs | readonly GraphQLError[] {
    const connection = this.connections.get(context.extra.socket);
    const { schema } = this.schemaHost;
    try {
      if (!connection) throw new Error('A subscription on a connection that is not authenticated.');
      if (Object.keys(context.subscriptions).length > this.settings.maxSubscriptionsOfConnection)
        throw tooManySubscriptions();
      const document = parse(payload.query, { maxTokens: this.settings.maxTokens });
      const errors = validate(schema, document, this.rules);
      if (errors.length > 0) return errors.map((error) => requestError(error, 'GRAPHQL_VALIDATION_FAILED'));
      const operation = getOperationAST(document, payload.operationName);
      if (operation?.operation !== 'subscription') throw subscriptionsOnly();
      const variables = payload.variables ?? {};
      const cost = costOf({ document, operation, variables });
      if (cost > this.settings.maxCost) throw tooCostly(cost, this.settings.maxCost);
      const { socket } = context.extra;
      const contextValue = this.contexts.of(connection.principal);
      contextValue.onSlow = () => socket.close(CLOSED.slow, 'Too slow: go on from the last cursor');
      return {
        schema,
        document,
        operationName: payload.operationName,
        variableValues: variables,
        contextValue,
      };
    } catch (error) {
      if (error instanceof GraphQLError) return [requestError(error, 'GRAPHQL_PARSE_FAILED')];
      return [new GraphQLError('', { originalError: error instanceof Error ? error : new Error(String(error)) })];
    }
  }
}

function requestError(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(error.message, { source: error.source, positions: error.positions, extensions: { code } });
}

function refuse(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  // Nobody reads this socket any more, so its other half would never be seen to close.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
