import { create, type DescMessage, type DescService } from '@bufbuild/protobuf';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DomainError, withCorrelationId } from '#kernel';
import type { CallContext } from './call-context.js';
import type { RpcClient, RpcHandlers } from './contract.js';

type AnyMethod = (request: unknown, context: CallContext) => Promise<unknown>;

/** Which contracts are served in this process. */
@Injectable()
export class ContractRegistry implements OnApplicationBootstrap {
  private readonly logger = new Logger(ContractRegistry.name);
  private readonly handlers = new Map<string, Record<string, AnyMethod>>();
  private readonly wanted = new Map<string, string>();

  /** Says at the start, and not with the first call, what a process that lists only some services cannot reach. */
  onApplicationBootstrap(): void {
    const missing = [...this.wanted].filter(([typeName]) => !this.handlers.has(typeName)).map(([, name]) => name);
    if (missing.length === 0) return;
    const names = missing.join(', ');
    this.logger.warn(`This process calls what it does not serve; such calls answer rpc.unavailable: ${names}.`);
  }

  serve<S extends DescService>(contract: S, handlers: RpcHandlers<S>): void {
    this.handlers.set(contract.typeName, handlers as unknown as Record<string, AnyMethod>);
  }

  /**
   * A client of a contract. The other side is looked up at each call, so modules may start in any order.
   *
   * Requests and answers are made complete messages on the way, as they would be over a wire: a caller cannot come to
   * rely on anything a remote binding would not carry.
   */
  client<S extends DescService>(contract: S): RpcClient<S> {
    this.wanted.set(contract.typeName, contract.name);
    const methods: Record<string, AnyMethod> = {};
    for (const method of contract.methods) {
      methods[method.localName] = async (request, context) => {
        const handler = this.handlers.get(contract.typeName)?.[method.localName];
        if (!handler) throw new DomainError('unavailable', 'rpc.unavailable', `${contract.name} is not available.`);
        const input = create(method.input, request as never);
        const target = this.handlers.get(contract.typeName)!;
        const output = await withCorrelationId(context.correlationId, () => handler.call(target, input, context));
        return complete(method.output, output);
      };
    }
    return methods as unknown as RpcClient<S>;
  }
}

function complete(schema: DescMessage, output: unknown): unknown {
  return create(schema, output as never);
}
