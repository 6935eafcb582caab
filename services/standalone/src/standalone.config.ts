import { defineSettings, setting } from '#kernel';
import { z } from 'zod';

export const StandaloneSettings = defineSettings('standalone', {
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
