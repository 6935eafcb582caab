import {
  Inject,
  Injectable,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import type { DescService } from '@bufbuild/protobuf';
import { Clock, Health, Metrics } from '#kernel';
import { ContractRegistry } from './contract-registry.js';
import { RemoteCaller } from './remote-caller.js';
import { addressesOf, tokensOf } from './remote-clients.js';
import { ADDRESS_OF, RpcSettings } from './rpc.config.js';
import { RpcServer } from './rpc-server.js';
import type { ServiceTokens } from './service-tokens.js';

const PROCESS_NAME = Symbol('rpc: name of the process');

/** Connects the contracts of this process with those of the others. */
@Injectable()
export class RemoteRpc
  implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  private readonly logger = new Logger('Rpc');
  private readonly tokens: ServiceTokens;
  private caller: RemoteCaller | undefined;
  private server: RpcServer | undefined;

  constructor(
    private readonly registry: ContractRegistry,
    private readonly health: Health,
    private readonly metrics: Metrics,
    clock: Clock,
    @Inject(RpcSettings.token) private readonly settings: RpcSettings,
    @Inject(PROCESS_NAME) name: string,
  ) {
    this.tokens = tokensOf(settings, name, clock);
  }

  /** @throws DomainError `settings.missing` naming the address of a contract that this process asks for */
  onModuleInit(): void {
    const elsewhere = this.registry.elsewhere();
    const addresses = new Map(
      elsewhere.map(({ contract }) => [contract.typeName, addressesOf(this.settings, contract)]),
    );
    const { deadlineMs } = this.settings;
    this.caller = new RemoteCaller({ addresses, tokens: this.tokens, deadlineMs, metrics: this.metrics });
    this.registry.bindRemote(this.caller);
    for (const { contract, essential } of elsewhere) this.watch(this.caller, contract, essential);
  }

  async onApplicationBootstrap(): Promise<void> {
    const served = this.registry.served();
    if (served.length === 0) return;
    const { host, port, deadlineMs } = this.settings;
    this.server = await RpcServer.start({ host, port, served, tokens: this.tokens, deadlineMs });
    this.logger.log(`Answers ${served.map(({ contract }) => contract.name).join(', ')} on ${host}:${this.server.port}`);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.server?.close();
  }

  onApplicationShutdown(): void {
    this.caller?.close();
  }

  /** The port other processes call; undefined while it is closed. */
  get port(): number | undefined {
    return this.server?.port;
  }

  /** What a process can do without for a while is shown, but takes it out of no rotation. */
  private watch(caller: RemoteCaller, contract: DescService, essential: boolean): void {
    this.health.register(`rpc:${ADDRESS_OF.get(contract.typeName)}`, async () => {
      const state = await caller.health(contract);
      return essential ? state : { ...state, ready: true };
    });
  }
}

/** Import once, after `ContractRegistryModule`, in a process that does not hold all services. */
@Module({})
export class RemoteRpcModule {
  /** @param options.process what the other processes read in their logs, for example `telemetry,policy` */
  static for(options: { process: string }): DynamicModule {
    return {
      module: RemoteRpcModule,
      providers: [RpcSettings.provider, { provide: PROCESS_NAME, useValue: options.process }, RemoteRpc],
      exports: [RemoteRpc],
    };
  }
}
