import { Inject, Injectable } from '@nestjs/common';
import type { Principal, PrincipalCarrier } from '#access';
import {
  BlocklistService,
  CatalogAdminService,
  CatalogService,
  CorrelatorService,
  PolicyService,
  TelemetryService,
} from '#contracts';
import type { SettingsOf } from '#kernel';
import { ClientOf, type CallContext, type RpcClient } from '#rpc';
import { GatewaySettings } from '../gateway.config.js';
import { Calls } from './calls.js';
import { Loaders, type Services } from './loaders.js';

/** What resolvers know of the operation they are part of. */
export class RequestContext implements PrincipalCarrier {
  /** Nest looks for the HTTP request here; resolvers have no use for it. */
  readonly req = {};
  readonly call: CallContext;
  loaders: Loaders;
  calls: Calls;
  /** Ends the connection of a subscriber who reads too slowly. */
  onSlow: () => void = () => undefined;

  constructor(
    readonly principal: Principal,
    private readonly services: Services,
    private readonly settings: SettingsOf<typeof GatewaySettings>,
  ) {
    this.call = principal.context();
    this.calls = new Calls(settings);
    this.loaders = new Loaders(services, this.call, this.calls);
  }

  /** Forgets what was loaded: after a mutation, and for the next event of a subscription. */
  refresh(options: { newBudget: boolean } = { newBudget: false }): void {
    if (options.newBudget) this.calls = new Calls(this.settings);
    this.loaders = new Loaders(this.services, this.call, this.calls);
  }
}

/** Makes the context of each operation. */
@Injectable()
export class RequestContexts {
  private readonly services: Services;

  constructor(
    @ClientOf(CatalogService) catalog: RpcClient<typeof CatalogService>,
    @ClientOf(CatalogAdminService) catalogAdmin: RpcClient<typeof CatalogAdminService>,
    @ClientOf(TelemetryService) telemetry: RpcClient<typeof TelemetryService>,
    @ClientOf(PolicyService) policy: RpcClient<typeof PolicyService>,
    @ClientOf(BlocklistService) blocklist: RpcClient<typeof BlocklistService>,
    @ClientOf(CorrelatorService) correlator: RpcClient<typeof CorrelatorService>,
    @Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>,
  ) {
    this.services = { catalog, catalogAdmin, telemetry, policy, blocklist, correlator };
  }

  of(principal: Principal): RequestContext {
    return new RequestContext(principal, this.services, this.settings);
  }
}
