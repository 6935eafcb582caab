import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import type { DynamicModule } from '@nestjs/common';
import type { ApolloServerPlugin } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import { Authenticator } from '#access';
import { HTTP_STATUS, isDomainError, type SettingsOf } from '#kernel';
import { GatewaySettings } from '../gateway.config.js';
import { BASE_RESOLVERS, finishSchema, readTypeDefs } from './api-schema.js';
import { costOf, tooCostly } from './cost.js';
import { formatError, requestError } from './error-format.js';
import { limitRules } from './limits.js';
import { RequestContexts, type RequestContext } from './request-context.js';

/** Apollo on Fastify at /graphql. Subscriptions are served by `SubscriptionServer`. */
export function graphqlModule(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
  return GraphQLModule.forRootAsync<ApolloDriverConfig>({
    driver: ApolloDriver,
    imports,
    inject: [GatewaySettings.token, Authenticator, RequestContexts],
    useFactory: (
      settings: SettingsOf<typeof GatewaySettings>,
      authenticator: Authenticator,
      contexts: RequestContexts,
    ): Omit<ApolloDriverConfig, 'driver'> => ({
      path: '/graphql',
      typeDefs: readTypeDefs(),
      resolvers: BASE_RESOLVERS,
      transformSchema: finishSchema,
      context: (request: FastifyRequest) => contextOf(request, authenticator, contexts),
      formatError,
      autoTransformHttpErrors: false,
      introspection: settings.introspection,
      graphiql: false,
      csrfPrevention: true,
      allowBatchedHttpRequests: false,
      hideSchemaDetailsFromClientErrors: true,
      includeStacktraceInErrorResponses: false,
      persistedQueries: false,
      parseOptions: { maxTokens: settings.maxTokens },
      validationRules: limitRules(settings),
      plugins: [costPlugin(settings.maxCost)],
      stopOnApplicationShutdown: true,
    }),
  });
}

/** Nothing of the API is open without a valid token, not even its schema. */
async function contextOf(
  request: FastifyRequest,
  authenticator: Authenticator,
  contexts: RequestContexts,
): Promise<RequestContext> {
  try {
    return contexts.of(await authenticator.authenticateHeader(request.headers.authorization));
  } catch (error) {
    if (isDomainError(error)) throw requestError(error, HTTP_STATUS[error.kind]);
    throw error;
  }
}

function costPlugin(maxCost: number): ApolloServerPlugin {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, operation, request }) {
          if (!operation) return;
          const cost = costOf({ document, operation, variables: request.variables ?? {} });
          if (cost > maxCost) throw requestError(tooCostly(cost, maxCost), 400);
        },
      };
    },
  };
}
