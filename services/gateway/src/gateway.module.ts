import { Module } from '@nestjs/common';
import {
  BlocklistService,
  CatalogAdminService,
  CatalogSearchService,
  CatalogService,
  CatalogUpdateService,
  CatalogWeightsService,
  CorrelatorService,
  IdentityService,
  PolicyService,
  TelemetryService,
} from '#contracts';
import { DatabaseModule } from '#database';
import { EventLogModule } from '#event-log';
import { RpcModule, serveContract } from '#rpc';
import { AppExportController } from './app-export/app-export.controller.js';
import { AppChangeStreams } from './app-change-stream.js';
import { Audit } from './audit.service.js';
import { AuditStore } from './audit.store.js';
import { AuditViews } from './audit.views.js';
import { GatewaySettings } from './gateway.config.js';
import { graphqlModule } from './graphql/graphql-module.js';
import { HostCheck } from './graphql/host-check.js';
import { MutationInterceptor } from './graphql/mutation.interceptor.js';
import { RequestContexts } from './graphql/request-context.js';
import { SubscriptionServer } from './graphql/subscription-server.js';
import { GraphiqlController } from './graphiql/graphiql.controller.js';
import { HomeController } from './graphiql/home.controller.js';
import { IdentityRpc } from './identity.rpc.js';
import { Identity } from './identity.service.js';
import { IdentityStore } from './identity.store.js';
import { IdentityViews } from './identity.views.js';
import { IncidentStreams } from './incident-stream.js';
import { InitGateway1763800000000 } from './migrations/1763800000000-init-gateway.js';
import { RESOLVERS } from './resolvers/resolvers.js';
import { SubscriptionCount } from './subscription-count.js';

const clients = RpcModule.clients(
  CatalogService,
  CatalogUpdateService,
  CatalogAdminService,
  CatalogSearchService,
  CatalogWeightsService,
  TelemetryService,
  PolicyService,
  BlocklistService,
  CorrelatorService,
);

/** What every operation needs: its context, with clients of the other services. */
@Module({
  imports: [clients],
  providers: [GatewaySettings.provider, RequestContexts],
  exports: [GatewaySettings.token, RequestContexts],
})
class RequestContextModule {}

/** The GraphQL API, organisations, API tokens and the audit log. */
@Module({
  imports: [
    DatabaseModule.forService({ schema: 'gateway', migrations: [InitGateway1763800000000] }),
    EventLogModule.forService({ service: 'gateway' }),
    clients,
    RequestContextModule,
    graphqlModule([RequestContextModule]),
  ],
  controllers: [AppExportController, GraphiqlController, HomeController],
  providers: [
    IdentityStore,
    IdentityViews,
    Identity,
    ...serveContract(IdentityService, IdentityRpc),
    AuditStore,
    AuditViews,
    Audit,
    SubscriptionCount,
    IncidentStreams,
    AppChangeStreams,
    HostCheck,
    SubscriptionServer,
    MutationInterceptor,
    ...RESOLVERS,
  ],
})
export class GatewayModule {}
