import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

export const SERVICES = ['gateway', 'catalog', 'telemetry', 'policy', 'blocklist', 'correlator'] as const;
export type ServiceName = (typeof SERVICES)[number];

const ALL = 'all';
const namesIn = (text: string): string[] => [...new Set(text.split(',').map((name) => name.trim()))];
const areServices = (names: readonly string[]): names is ServiceName[] =>
  names.every((name) => (SERVICES as readonly string[]).includes(name));

/** The services that a value of GNOMON_SERVICES names. */
export function servicesIn(text: string): readonly ServiceName[] {
  const names = namesIn(text);
  return text !== ALL && areServices(names) ? names : SERVICES;
}

export const StandaloneSettings = defineSettings('standalone', {
  services: setting(
    'SERVICES',
    z
      .string()
      .trim()
      .refine((text) => text === ALL || areServices(namesIn(text)), {
        error: `must be all, or some of ${SERVICES.join(', ')} with commas between`,
      })
      .default(ALL),
    'Which services this process runs: all, or some of them with commas between. Some need a Postgres they share, a service key, and the RPC URLs of the others.',
  ),
  dataDirectory: setting(
    'DATA_DIR',
    z.string().min(1).default('.gnomon'),
    'Where the embedded Postgres, its password and the secret key live.',
  ),
  httpPort: setting(
    'HTTP_PORT',
    z.coerce.number().int().min(0).max(65_535).default(8080),
    'The port of the one HTTP server. 0 takes a free one.',
  ),
  httpHost: setting(
    'HTTP_HOST',
    z.string().min(1).default('127.0.0.1'),
    'The address the HTTP server listens on. Put TLS in front before you open it beyond this machine.',
  ),
  tenantName: setting(
    'TENANT_NAME',
    z.string().trim().min(1).max(120).default('My organisation'),
    'The name of the organisation that the first start creates, as its users know it.',
  ),
  supportUrl: setting(
    'SUPPORT_URL',
    z.union([z.literal(''), z.url({ protocol: /^https?$/ })]).default(''),
    'Where the block page of that organisation sends users for help.',
  ),
  recoverAdmin: setting(
    'RECOVER_ADMIN',
    z.stringbool().default(false),
    'Whether this start makes and prints a new admin token for the first organisation, because the last one was lost.',
  ),
});
