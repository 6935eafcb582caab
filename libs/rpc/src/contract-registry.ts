import { create, type DescMessage, type DescMethod, type DescService } from '@bufbuild/protobuf';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { withCorrelationId } from '#kernel';
import type { CallContext } from './call-context.js';
import type { RpcClient, RpcHandlers } from './contract.js';
import { beforeDeadline } from './deadline.js';
import { unavailable } from './rpc.errors.js';

type AnyMethod = (request: unknown, context: CallContext) => Promise<unknown>;

/** A contract and what serves it in this process. */
export interface ServedContract {
  readonly contract: DescService;
  readonly handlers: Readonly<Record<string, AnyMethod>>;
}

/** Calls contracts in other processes. */
export interface RemoteCalls {
  call(contract: DescService, method: DescMethod, request: unknown, context: CallContext): Promise<unknown>;
}

/** Which contracts are served in this process, and the clients of all. */
@Injectable()
export class ContractRegistry implements OnApplicationBootstrap {
  private readonly logger = new Logger(ContractRegistry.name);
  private readonly contracts = new Map<string, ServedContract>();
  private readonly wants = new Map<string, { contract: DescService; essential: boolean }>();
  private remote: RemoteCalls | undefined;

  /** Says at the start, and not with the first call, what a process that is bound to no other cannot reach. */
  onApplicationBootstrap(): void {
    const missing = this.elsewhere().map(({ contract }) => contract.name);
    if (this.remote || missing.length === 0) return;
    const names = missing.join(', ');
    this.logger.warn(`This process calls what it does not serve; such calls answer rpc.unavailable: ${names}.`);
  }

  serve<S extends DescService>(contract: S, handlers: RpcHandlers<S>): void {
    this.contracts.set(contract.typeName, { contract, handlers: handlers as unknown as Record<string, AnyMethod> });
  }

  served(): readonly ServedContract[] {
    return [...this.contracts.values()];
  }

  /** Contracts that have clients in this process and are not served in it. */
  elsewhere(): readonly { readonly contract: DescService; readonly essential: boolean }[] {
    return [...this.wants.values()].filter(({ contract }) => !this.contracts.has(contract.typeName));
  }

  /** From now on what is not served in this process is called in others. */
  bindRemote(remote: RemoteCalls): void {
    this.remote = remote;
  }

  /**
   * A client of a contract. The other side is looked up at each call, so modules may start in any order.
   *
   * Requests and answers are made complete messages on the way, as they would be over a wire: a caller cannot come to
   * rely on anything a remote binding would not carry.
   *
   * @param options.essential whether the process has nothing to offer without it. Default true
   */
  client<S extends DescService>(contract: S, options: { essential?: boolean } = {}): RpcClient<S> {
    const essential = (options.essential ?? true) || (this.wants.get(contract.typeName)?.essential ?? false);
    this.wants.set(contract.typeName, { contract, essential });
    const methods: Record<string, AnyMethod> = {};
    for (const method of contract.methods) {
      methods[method.localName] = (request, context) => this.call(contract, method, request, context);
    }
    return methods as unknown as RpcClient<S>;
  }

  private async call(
    contract: DescService,
    method: DescMethod,
    request: unknown,
    context: CallContext,
  ): Promise<unknown> {
    const target = this.contracts.get(contract.typeName);
    if (!target && this.remote) return this.remote.call(contract, method, request, context);
    const handler = target?.handlers[method.localName];
    if (!handler) throw unavailable(contract.name);
    const input = create(method.input, request as never);
    const output = await withCorrelationId(context.correlationId, () =>
      beforeDeadline(contract.name, () => handler.call(target.handlers, input, context)),
    );
    return complete(method.output, output);
  }
}

function complete(schema: DescMessage, output: unknown): unknown {
  return create(schema, output as never);
}
