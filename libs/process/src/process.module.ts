import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { AccessModule } from '#access';
import { KernelModule } from '#kernel';
import { ContractRegistryModule, RemoteRpcModule } from '#rpc';

export interface ProcessOptions {
  /** The names of its services. */
  readonly services: readonly string[];
  /** Their modules. */
  readonly modules: readonly Type[];
  /** Whether other services run in other processes: it then answers their calls and makes its own. */
  readonly distributed: boolean;
}

/** A process is a list of modules: those of its services, and what every process has once. */
@Module({})
export class ProcessModule {
  static of({ services, modules, distributed }: ProcessOptions): DynamicModule {
    const remote = distributed ? [RemoteRpcModule.for({ process: services.join(',') })] : [];
    return {
      module: ProcessModule,
      imports: [KernelModule, ContractRegistryModule, AccessModule, ...modules, ...remote],
    };
  }
}
