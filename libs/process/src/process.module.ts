import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { AccessModule } from '#access';
import { KernelModule } from '#kernel';
import { ContractRegistryModule, RemoteRpcModule } from '#rpc';

/** A process that holds some of the services: their modules, what every process has once, and the way to the others. */
@Module({})
export class ProcessModule {
  /** @param services their names, which other processes read in their logs */
  static of(services: readonly string[], modules: readonly Type[]): DynamicModule {
    const remote = RemoteRpcModule.for({ process: services.join(',') });
    return {
      module: ProcessModule,
      imports: [KernelModule, ContractRegistryModule, AccessModule, ...modules, remote],
    };
  }
}
