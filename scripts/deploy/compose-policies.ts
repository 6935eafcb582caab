import type { ComposeFile, ComposeService } from './compose-file.js';
import type { Facts } from './facts.js';
import type { Problem } from './manifest.js';
import { isPinned } from './pod-policies.js';

/** A rule of ours for the Compose file. */
export interface ComposePolicy {
  /** What holds, in words. */
  readonly name: string;
  check(file: ComposeFile, facts: Facts): Problem[];
}

const ENTRANCE = 'proxy';
const CONDITIONS = ['service_healthy', 'service_completed_successfully'];
/** Up to this many letters and digits in a row are no key. */
const SECRET_LENGTH = 24;

function each(
  name: string,
  holds: (service: ComposeService, key: string, file: ComposeFile) => boolean,
): ComposePolicy {
  return {
    name,
    check: (file) =>
      Object.entries(file.services)
        .filter(([key, service]) => !holds(service, key, file))
        .map(([key]) => ({ where: `service ${key}`, what: name })),
  };
}

function user(service: ComposeService): number {
  return Number(/^(\d+)(:\d+)?$/.exec(service.user ?? '')?.[1] ?? 0);
}

export const COMPOSE_POLICIES: readonly ComposePolicy[] = [
  each('runs as a user that is not root, by number', (service) => user(service) > 0),
  each('has a read-only root file system', (service) => service.read_only === true),
  each(
    'drops all capabilities',
    ({ cap_drop, cap_add, privileged }) => Boolean(cap_drop?.includes('ALL')) && !cap_add?.length && !privileged,
  ),
  each('cannot gain privileges', ({ security_opt }) => Boolean(security_opt?.includes('no-new-privileges:true'))),
  each('names its image by a full version', ({ image }) => isPinned(image ?? '')),
  each('opens no port but the entrance, and that for this machine', ({ ports = [] }, key) =>
    key === ENTRANCE ? ports.length === 1 && ports[0]!.startsWith('127.0.0.1:') : ports.length === 0,
  ),
  each(
    'is in no network with a way out but the entrance',
    ({ networks = [] }, key, file) =>
      networks.length > 0 &&
      networks.every((name) => Boolean(file.networks?.[name]?.internal) || (key === ENTRANCE && name === 'outside')),
  ),
  each('tells how it is, where it stays', (service) =>
    service.restart === 'unless-stopped'
      ? Boolean(service.healthcheck?.test?.length) && !service.healthcheck?.disable
      : service.healthcheck?.disable === true,
  ),
  each('waits for what it needs to be well', ({ depends_on = {} }, _key, file) =>
    Object.entries(depends_on).every(
      ([name, { condition }]) => name in file.services && CONDITIONS.includes(condition) && fits(file, name, condition),
    ),
  ),
  {
    name: 'every variable of ours is a setting',
    check: (file, { settings }) =>
      Object.entries(file.services).flatMap(([key, { environment = {} }]) =>
        Object.keys(environment)
          .filter((name) => name.startsWith('GNOMON_') && !settings.has(name))
          .map((name) => ({ where: `service ${key}`, what: `${name} is not a setting` })),
      ),
  },
];

/** A job ends; what stays is well or not. */
function fits(file: ComposeFile, name: string, condition: string): boolean {
  const stays = file.services[name]?.restart === 'unless-stopped';
  return condition === (stays ? 'service_healthy' : 'service_completed_successfully');
}

/** Keys and passwords that stand in the text of the file. */
export function secretsIn(text: string): Problem[] {
  const found = [...text.matchAll(/^(\s*\w*(?:PASSWORD|SECRET|KEY|TOKEN)\w*:\s*)(.*)$/gm)]
    .filter(([, , value = '']) => value !== '' && !/^'?\$\{[A-Z_]+:\?/.test(value))
    .map(([line]) => line.trim());
  const long = [...text.matchAll(/[A-Za-z0-9+/=]{32,}/g)].map(([value]) => value).filter(isRandom);
  return [...found, ...long].map((what) => ({ where: 'docker-compose.yml', what: `a secret stands in it: ${what}` }));
}

function isRandom(text: string): boolean {
  return text.length > SECRET_LENGTH && /\d/.test(text) && /[a-f]/.test(text) && !text.includes('/');
}
