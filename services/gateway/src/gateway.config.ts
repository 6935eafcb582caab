import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

const count = z.coerce.number().int().positive();

export const GatewaySettings = defineSettings('gateway', {
  httpPort: setting(
    'GATEWAY_HTTP_PORT',
    z.coerce.number().int().min(0).max(65_535).default(8081),
    'The port of the gateway where it runs as a process of its own. 0 takes a free one.',
  ),
  httpHost: setting(
    'GATEWAY_HTTP_HOST',
    z.string().min(1).default('127.0.0.1'),
    'The address the gateway listens on where it runs as a process of its own.',
  ),
  introspection: setting(
    'GRAPHQL_INTROSPECTION',
    z.stringbool().default(true),
    'Whether callers with a valid token may read the schema from the API. GraphiQL needs it. Without a token nobody may.',
  ),
  graphiql: setting('GRAPHIQL', z.stringbool().default(true), 'Whether GraphiQL is served at /graphiql.'),
  maxDepth: setting(
    'GRAPHQL_MAX_DEPTH',
    count.default(10),
    'How deep the fields of a GraphQL operation may be nested.',
  ),
  maxCost: setting(
    'GRAPHQL_MAX_COST',
    count.default(50_000),
    'How many values the answer of a GraphQL operation may hold: 1 a field, times `first` for what is inside a list.',
  ),
  maxAliases: setting('GRAPHQL_MAX_ALIASES', count.default(15), 'How many aliases a GraphQL operation may have.'),
  maxDirectives: setting(
    'GRAPHQL_MAX_DIRECTIVES',
    count.default(5),
    'How many directives a GraphQL operation may have.',
  ),
  maxTokens: setting(
    'GRAPHQL_MAX_TOKENS',
    count.default(1_000),
    'How many tokens the text of a GraphQL operation may have.',
  ),
  maxCalls: setting(
    'GRAPHQL_MAX_CALLS',
    count.default(250),
    'How many calls to services a GraphQL operation may cause. A list read at once is one call.',
  ),
  parallelCalls: setting('GRAPHQL_PARALLEL_CALLS', count.default(8), 'How many of these calls run at a time.'),
  maxSubscriptions: setting(
    'SUBSCRIPTIONS_MAX',
    count.default(1_000),
    'How many subscriptions a process serves at a time. More are refused.',
  ),
  maxSubscriptionsOfConnection: setting(
    'SUBSCRIPTIONS_MAX_OF_CONNECTION',
    count.default(10),
    'How many subscriptions one WebSocket connection may have at a time.',
  ),
  subscriptionBuffer: setting(
    'SUBSCRIPTION_BUFFER',
    count.default(256),
    'How many changes wait for a subscriber before the log is read no further for it.',
  ),
  slowSubscriberSeconds: setting(
    'SUBSCRIPTION_SLOW_SECONDS',
    count.default(30),
    'For how many seconds a subscriber may take nothing while its buffer is full before its connection is closed.',
  ),
  recheckSeconds: setting(
    'SUBSCRIPTION_RECHECK_SECONDS',
    count.default(5),
    'How often the token of an open WebSocket connection is checked again, in seconds.',
  ),
  maxApiTokens: setting('MAX_API_TOKENS', count.default(500), 'How many valid API tokens a tenant may have.'),
  maxExports: setting(
    'GATEWAY_MAX_EXPORTS',
    count.default(4),
    'How many exports of apps a process makes at a time, one for each tenant.',
  ),
  maxMessageBytes: setting(
    'SUBSCRIPTION_MAX_MESSAGE_BYTES',
    count.default(64 * 1024),
    'The most bytes of one WebSocket message from a client.',
  ),
});
