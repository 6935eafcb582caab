import type { DescService } from '@bufbuild/protobuf';
import { Global, Inject, Module, type DynamicModule, type Provider, type Type } from '@nestjs/common';
import { ContractRegistry } from './contract-registry.js';
import type { RpcHandlers } from './contract.js';

@Global()
@Module({ providers: [ContractRegistry], exports: [ContractRegistry] })
class ContractRegistryModule {}

@Module({})
export class RpcModule {
  /** Makes clients of these contracts injectable with `@ClientOf`. The process is not ready while it cannot reach one. */
  static clients(...contracts: DescService[]): DynamicModule {
    return clientsModule(contracts, { essential: true });
  }

  /** The same for contracts without which the process still does most of its work: it stays ready. */
  static optionalClients(...contracts: DescService[]): DynamicModule {
    return clientsModule(contracts, { essential: false });
  }
}

function clientsModule(contracts: readonly DescService[], options: { essential: boolean }): DynamicModule {
  const providers: Provider[] = contracts.map((contract) => ({
    provide: clientToken(contract),
    inject: [ContractRegistry],
    useFactory: (registry: ContractRegistry) => registry.client(contract, options),
  }));
  return { module: RpcModule, imports: [ContractRegistryModule], providers, exports: contracts.map(clientToken) };
}

function clientToken(contract: DescService): string {
  return `rpc-client:${contract.typeName}`;
}

/** Injects the client of a contract that the module imports through `RpcModule.clients`. */
export function ClientOf(contract: DescService): ParameterDecorator & PropertyDecorator {
  return Inject(clientToken(contract));
}

/** The providers that serve a contract with a class: spread them into a module's providers. */
export function serveContract<S extends DescService>(contract: S, handlers: Type<RpcHandlers<S>>): Provider[] {
  return [
    handlers,
    {
      provide: `rpc-server:${contract.typeName}`,
      inject: [ContractRegistry, handlers],
      useFactory: (registry: ContractRegistry, instance: RpcHandlers<S>) => {
        registry.serve(contract, instance);
        return true;
      },
    },
  ];
}

/** The module that a process imports once so that services find each other. */
export { ContractRegistryModule };
