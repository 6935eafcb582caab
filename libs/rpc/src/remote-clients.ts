import type { DescService } from '@bufbuild/protobuf';
import { environmentName, Metrics, SystemClock, type Clock } from '#kernel';
import { ContractRegistry } from './contract-registry.js';
import type { RpcClient } from './contract.js';
import { RemoteCaller } from './remote-caller.js';
import { ADDRESS_OF, RpcSettings } from './rpc.config.js';
import { settingMissing } from './rpc.errors.js';
import { ServiceTokens } from './service-tokens.js';

/** Clients for a program that is no service itself, such as a command of the operator. */
export interface RemoteClients {
  client<S extends DescService>(contract: S): RpcClient<S>;
  close(): void;
}

/**
 * Connects to the processes that serve these contracts, as the settings say.
 *
 * @param name what they read in their logs
 * @throws DomainError `settings.missing` naming what is not set
 */
export function connectContracts(name: string, contracts: readonly DescService[]): RemoteClients {
  const settings = RpcSettings.load();
  const caller = new RemoteCaller({
    addresses: new Map(contracts.map((contract) => [contract.typeName, addressesOf(settings, contract)])),
    tokens: tokensOf(settings, name, new SystemClock()),
    deadlineMs: settings.deadlineMs,
    metrics: new Metrics(),
  });
  const registry = new ContractRegistry();
  registry.bindRemote(caller);
  return { client: (contract) => registry.client(contract), close: () => caller.close() };
}

/** @throws DomainError `settings.missing` */
export function tokensOf(settings: RpcSettings, name: string, clock: Clock): ServiceTokens {
  if (!settings.serviceKeys)
    throw settingMissing(environmentName(RpcSettings.shape.serviceKeys), 'processes know each other by it');
  return new ServiceTokens(settings.serviceKeys, name, clock);
}

/** Where a contract is served. @throws DomainError `settings.missing` */
export function addressesOf(settings: RpcSettings, contract: DescService): readonly string[] {
  const key = ADDRESS_OF.get(contract.typeName);
  if (!key) throw new Error(`No setting says where ${contract.name} is.`);
  const urls = settings[key];
  if (!urls)
    throw settingMissing(environmentName(RpcSettings.shape[key]), `this process calls ${contract.name} in another`);
  return urls;
}
