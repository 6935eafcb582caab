import {
  create,
  type DescMethod,
  type DescMethodUnary,
  type DescService,
  type MessageInitShape,
  type DescMessage,
} from '@bufbuild/protobuf';
import { MethodOptions_IdempotencyLevel } from '@bufbuild/protobuf/wkt';
import { ConnectError, type Transport } from '@connectrpc/connect';
import { createGrpcTransport, Http2SessionManager } from '@connectrpc/connect-node';
import { ProcessService } from '#contracts';
import { DomainError, messageOf, type HealthState, type Metrics } from '#kernel';
import { setTimeout as delay } from 'node:timers/promises';
import { fromConnectError, isOutage } from './call-error.js';
import { systemContext, type CallContext } from './call-context.js';
import type { RemoteCalls } from './contract-registry.js';
import { beforeDeadline, remainingMs, withDeadline } from './deadline.js';
import { deadlineExceeded, unavailable } from './rpc.errors.js';
import type { ServiceTokens } from './service-tokens.js';

/** The largest message either side takes. */
export const MAX_MESSAGE_BYTES = 32 << 20;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 50;
const PING_INTERVAL_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;
const HEALTH_DEADLINE_MS = 1_500;

interface Peer {
  readonly url: string;
  readonly sessions: Http2SessionManager;
  readonly transport: Transport;
}

export interface RemoteCallerOptions {
  /** By the contract's full name: the URLs of the processes that serve it. */
  readonly addresses: ReadonlyMap<string, readonly string[]>;
  readonly tokens: ServiceTokens;
  readonly deadlineMs: number;
  readonly metrics: Metrics;
}

/**
 * Calls contracts in other processes: gRPC over HTTP/2, one connection for each address. Several addresses of a contract
 * take turns. A call that only reads is tried three times at most, with growing random pauses, while its deadline lasts.
 */
export class RemoteCaller implements RemoteCalls {
  private readonly peers = new Map<string, Peer>();
  private readonly turns = new Map<string, number>();
  private readonly seconds;
  private readonly repeats;

  constructor(private readonly options: RemoteCallerOptions) {
    this.seconds = options.metrics.histogram({
      name: 'gnomon_rpc_call_seconds',
      help: 'How long calls to other processes took with their repetitions, by what came of them.',
      labelNames: ['contract', 'method', 'outcome'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    });
    this.repeats = options.metrics.counter({
      name: 'gnomon_rpc_repeats_total',
      help: 'Calls to other processes that were tried once more.',
      labelNames: ['contract', 'method'],
    });
  }

  async call(contract: DescService, method: DescMethod, request: unknown, context: CallContext): Promise<unknown> {
    const labels = { contract: contract.name, method: method.name };
    const observe = this.seconds.startTimer(labels);
    try {
      const answer = await withDeadline(this.options.deadlineMs, () =>
        this.attempt(contract, method, request, context),
      );
      observe({ outcome: 'ok' });
      return answer;
    } catch (error) {
      observe({ outcome: error instanceof DomainError ? error.kind : 'failed' });
      throw error;
    }
  }

  /** Whether a process that serves the contract can be reached and accepts this one. */
  async health(contract: DescService): Promise<HealthState> {
    const urls = this.options.addresses.get(contract.typeName) ?? [];
    const states = await Promise.all(urls.map((url) => this.healthOf(url, contract)));
    if (states.some((state) => state === undefined)) return { ready: true };
    return { ready: false, reason: states.join('; ') };
  }

  close(): void {
    for (const { sessions } of this.peers.values()) sessions.abort();
  }

  private async attempt(
    contract: DescService,
    method: DescMethod,
    request: unknown,
    context: CallContext,
  ): Promise<unknown> {
    const input = create(method.input, request as never);
    const call = { contract: contract.name, method: method.name, correlationId: context.correlationId };
    const peers = this.peersOf(contract);
    if (!isRead(method)) await this.putReachableFirst(contract, peers);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.once(peers[(attempt - 1) % peers.length]!, method, input, context);
      } catch (thrown) {
        const error = ConnectError.from(thrown);
        const pause = Math.random() * FIRST_PAUSE_MS * 2 ** attempt;
        const again = attempt < ATTEMPTS && isRead(method) && isOutage(error) && pause < (remainingMs() ?? Infinity);
        if (!again) throw thrown instanceof DomainError ? thrown : fromConnectError(error, call);
        this.repeats.inc({ contract: contract.name, method: method.name });
        await delay(pause);
      }
    }
  }

  private async once(peer: Peer, method: DescMethod, input: unknown, context: CallContext): Promise<unknown> {
    const left = remainingMs()!;
    if (left < 1) throw deadlineExceeded(method.parent.name);
    const token = this.options.tokens.sign(`${method.parent.typeName}/${method.name}`, context);
    const answer = await peer.transport.unary(
      method as DescMethodUnary,
      undefined,
      Math.ceil(left),
      { Authorization: `Bearer ${token}` },
      input as MessageInitShape<DescMessage>,
    );
    return answer.message;
  }

  /** Those of a contract in the order to try them: each call begins with another one. */
  private peersOf(contract: DescService): Peer[] {
    const urls = this.options.addresses.get(contract.typeName);
    if (!urls?.length) throw unavailable(contract.name);
    const turn = this.turns.get(contract.typeName) ?? Math.floor(Math.random() * urls.length);
    this.turns.set(contract.typeName, (turn + 1) % urls.length);
    return [...urls.slice(turn), ...urls.slice(0, turn)].map((url) => this.peerAt(url));
  }

  /** A change is sent once only; so whether anybody is there is found out before. */
  private async putReachableFirst(contract: DescService, peers: Peer[]): Promise<void> {
    for (let tried = 1; tried < peers.length; tried++) {
      if ((await beforeDeadline(contract.name, () => peers[0]!.sessions.connect())) !== 'error') return;
      peers.push(peers.shift()!);
    }
  }

  private peerAt(url: string): Peer {
    const known = this.peers.get(url);
    if (known) return known;
    const sessions = new Http2SessionManager(url, { pingIntervalMs: PING_INTERVAL_MS, pingTimeoutMs: PING_TIMEOUT_MS });
    const transport = createGrpcTransport({
      baseUrl: url,
      sessionManager: sessions,
      readMaxBytes: MAX_MESSAGE_BYTES,
      writeMaxBytes: MAX_MESSAGE_BYTES,
    });
    const peer = { url, sessions, transport };
    this.peers.set(url, peer);
    return peer;
  }

  /** Undefined where all is well. */
  private async healthOf(url: string, contract: DescService): Promise<string | undefined> {
    const method = ProcessService.method.getServedContracts;
    try {
      const answer = await withDeadline(HEALTH_DEADLINE_MS, () =>
        this.once(this.peerAt(url), method, create(method.input), systemContext('', 'rpc')),
      );
      const { contracts } = answer as { contracts: string[] };
      return contracts.includes(contract.typeName) ? undefined : `${url} does not serve ${contract.name}`;
    } catch (error) {
      const call = { contract: contract.name, method: method.name, correlationId: '' };
      return `${url}: ${messageOf(error instanceof DomainError ? error : fromConnectError(ConnectError.from(error), call))}`;
    }
  }
}

function isRead(method: DescMethod): boolean {
  return method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS;
}
