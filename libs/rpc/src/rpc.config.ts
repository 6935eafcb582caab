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
import { defineSettings, setting, type SettingsOf } from '#kernel';
import { z } from 'zod';

const MAX_ADDRESSES = 64;

const addresses = z
  .string()
  .transform((text) => text.split(',').map((url) => url.trim()))
  .pipe(
    z
      .array(z.url({ protocol: /^https?$/, error: 'must be http:// or https:// URLs, separated by commas' }))
      .max(MAX_ADDRESSES),
  )
  .optional();

const address = (service: string, what: string) =>
  setting(
    `RPC_${service}_URL`,
    addresses,
    `Where other processes reach ${what}: its RPC URL, or those of several instances with commas between. Needed where this process asks for it and does not hold it.`,
  );

export const RpcSettings = defineSettings('rpc', {
  port: setting(
    'RPC_PORT',
    z.coerce.number().int().min(0).max(65_535).default(9090),
    'The port on which a process that holds some of the services answers the calls of the others (gRPC over HTTP/2). 0 takes a free one.',
  ),
  host: setting(
    'RPC_HOST',
    z.string().min(1).default('127.0.0.1'),
    'The address that port is opened on. There is no TLS: keep it inside a private network.',
  ),
  deadlineMs: setting(
    'RPC_DEADLINE_MS',
    z.coerce.number().int().min(50).max(300_000).default(5_000),
    'How long a call to another process may take with all its repetitions, in milliseconds, unless its caller has less time left.',
  ),
  serviceKeys: setting(
    'SERVICE_KEY',
    z
      .string()
      .transform((text) => text.split(',').map((key) => key.trim()))
      .pipe(z.array(z.string().min(32, 'must have at least 32 characters')).max(2, 'may hold two keys at most'))
      .optional(),
    'By which processes know each other: 32 characters or more, random, the same in all. Two with a comma between while it changes: the first signs, both are accepted.',
  ),
  catalog: address('CATALOG', 'the catalog'),
  telemetry: address('TELEMETRY', 'telemetry'),
  policy: address('POLICY', 'the policy service'),
  blocklist: address('BLOCKLIST', 'the block list service'),
  correlator: address('CORRELATOR', 'the correlator'),
  identity: address('IDENTITY', 'the gateway, which keeps organisations and API tokens'),
});
export type RpcSettings = SettingsOf<typeof RpcSettings>;

type AddressKey = 'catalog' | 'telemetry' | 'policy' | 'blocklist' | 'correlator' | 'identity';

/** The setting that says where a contract is served. */
export const ADDRESS_OF: ReadonlyMap<string, AddressKey> = new Map<string, AddressKey>([
  [CatalogService.typeName, 'catalog'],
  [CatalogUpdateService.typeName, 'catalog'],
  [CatalogAdminService.typeName, 'catalog'],
  [CatalogSearchService.typeName, 'catalog'],
  [CatalogWeightsService.typeName, 'catalog'],
  [TelemetryService.typeName, 'telemetry'],
  [PolicyService.typeName, 'policy'],
  [BlocklistService.typeName, 'blocklist'],
  [CorrelatorService.typeName, 'correlator'],
  [IdentityService.typeName, 'identity'],
]);
