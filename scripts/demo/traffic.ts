import { Random } from './random.js';

/** An app and a host at which people reach it. */
export interface Destination {
  readonly appId: string;
  readonly name: string;
  readonly host: string;
  readonly generativeAi: boolean;
}

/** One laptop and the person who uses it. */
export interface Person {
  readonly user: string;
  readonly device: string;
  readonly os: string;
  readonly ip: string;
}

const FIRST_NAMES = ['alice', 'bruno', 'chen', 'dana', 'elif', 'farid', 'greta', 'hugo', 'ines', 'jonas'];
const LAST_NAMES = ['moreau', 'okafor'];
const SYSTEMS = ['macOS 15.1', 'Windows 11 24H2', 'Ubuntu 24.04'];
/** Hosts of the kind no catalog claims: intranet, vendors of one company, and an AI tool nobody has listed yet. */
const UNLISTED_HOSTS = [
  'intranet.example.net',
  'wiki.example.net',
  'payroll.example.org',
  'gpt-notes.example.com',
  'printer7.example.net',
];
const DAY_MS = 86_400_000;

export function people(count: number): Person[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${FIRST_NAMES[index % FIRST_NAMES.length]}.${LAST_NAMES[Math.floor(index / FIRST_NAMES.length) % LAST_NAMES.length]}`;
    return {
      user: `${name}@example.com`,
      device: `laptop-${String(index + 1).padStart(2, '0')}`,
      os: SYSTEMS[index % SYSTEMS.length]!,
      ip: `10.20.0.${index + 11}`,
    };
  });
}

/** A week of a proxy's access log in Squid's native format, with the odd damaged line every real one has. */
export function proxyLog(
  lines: number,
  who: readonly Person[],
  destinations: readonly Destination[],
  now: Date,
): string {
  const random = new Random(2026);
  const start = now.getTime() - 7 * DAY_MS;
  const step = (7 * DAY_MS) / lines;
  const out: string[] = [];
  for (let index = 0; index < lines; index++) {
    const person = random.pick(who);
    const seconds = ((start + index * step) / 1000).toFixed(3);
    const host = random.next() < 0.08 ? random.pick(UNLISTED_HOSTS) : random.pickPopular(destinations).host;
    const bytes = random.between(600, 90_000);
    const elapsed = random.between(15, 4_000);
    out.push(
      random.next() < 0.002
        ? `${seconds} ${elapsed} ${person.ip} TCP_TUNN`
        : `${seconds} ${String(elapsed).padStart(6)} ${person.ip} TCP_TUNNEL/200 ${bytes} CONNECT ${host}:443 ${person.user} HIER_DIRECT/198.51.100.7 -`,
    );
  }
  return `${out.join('\n')}\n`;
}
