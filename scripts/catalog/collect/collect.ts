import { MatchRuleKind } from '#contracts';
import { parse } from 'tldts';
import type { AppRecord } from '../../../services/catalog/src/domain/app-record.js';
import type { FactLine } from '../measured.js';
import { PoliteClient, type ClientOptions } from './client.js';
import { Pace, type PaceLimits } from './pace.js';
import { registrationOf } from './rdap.js';
import { measureSite } from './site.js';

export interface CollectOptions extends ClientOptions, PaceLimits {
  /** How many hosts are measured at a time. */
  readonly parallel: number;
  /** An RDAP server that knows every registry, or sends on to theirs. */
  readonly rdap: URL;
  /** The day that the values get, YYYY-MM-DD. */
  readonly observedOn: string;
  /** The port of the sites. Default 443. */
  readonly port?: number | undefined;
}

/** What was found out about an app. */
export interface Collected {
  readonly app: string;
  readonly host: string;
  readonly lines: readonly FactLine[];
  readonly problems: readonly string[];
}

/** Measures apps from outside, a few at a time, and hands over each as it is done. */
export async function collect(
  apps: readonly AppRecord[],
  options: CollectOptions,
  onDone: (done: Collected) => void,
): Promise<void> {
  const client = new PoliteClient(new Pace(options), options);
  const waiting = [...apps];
  const work = async (): Promise<void> => {
    for (let app = waiting.shift(); app; app = waiting.shift()) onDone(await measureApp(client, app, options));
  };
  await Promise.all(Array.from({ length: Math.min(options.parallel, apps.length) }, work));
  client.close(options.rdap.hostname);
}

async function measureApp(client: PoliteClient, app: AppRecord, options: CollectOptions): Promise<Collected> {
  const host = hostOf(app);
  if (host === undefined) return { app: app.id, host: '', lines: [], problems: ['it has no host'] };
  const { observedOn, rdap, userAgent, port } = options;
  const origin = new URL(`https://${host}/`);
  if (port !== undefined) origin.port = String(port);
  const { values, problems } = await measureSite(client, origin, userAgent);
  client.close(host);
  const line = (source: string, found: Readonly<Record<string, string>>): FactLine[] =>
    Object.keys(found).length === 0 ? [] : [{ app: app.id, source, observedOn, values: sorted(found) }];
  const lines = line(origin.href, values);
  const all = [...problems];
  const domain = parse(host).domain;
  if (domain) {
    try {
      const { day, source } = await registrationOf(client, rdap, domain);
      lines.push(...line(source, { 'domain-registered': day }));
    } catch (error) {
      all.push(`RDAP: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { app: app.id, host, lines, problems: all };
}

/** Where people reach it: the host of its homepage, else its first whole domain, else its first host. */
function hostOf({ homepage, rules }: AppRecord): string | undefined {
  if (URL.canParse(homepage)) return new URL(homepage).hostname;
  const byKind = (kind: MatchRuleKind) => rules.find((rule) => rule.kind === kind)?.value;
  return byKind(MatchRuleKind.DOMAIN) ?? byKind(MatchRuleKind.HOST);
}

function sorted(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
}
