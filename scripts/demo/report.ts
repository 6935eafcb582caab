import Table from 'cli-table3';
import type { CatalogUpdateStep } from './catalog-update.js';
import type { Story } from './story.js';

/** What `--json` prints: the story in numbers. Times in milliseconds, sizes in bytes. */
export interface DemoResult {
  readonly discoveredApps: number;
  readonly genAiApps: number;
  readonly unsanctionedApps: number;
  readonly blockedDomains: number;
  readonly agents: number;
  readonly agentsApplied: number;
  /** From sending the policy to a device's confirmation that it enforces the resulting list. */
  readonly policyToAppliedMs: { readonly p50: number; readonly p99: number };
  readonly blockedAttempts: number;
  readonly alerts: number;
  readonly incidents: number;
  /** An app that a signed catalog update made generative AI, or why that step was left out. */
  readonly catalogUpdate: CatalogUpdateStep;
  readonly elapsedMs: number;
  /** Resident memory of the product's process, Postgres apart; null for a product that runs elsewhere. */
  readonly rssBytes: number | null;
}

const ROWS = 15;

export function printTables(story: Story): void {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(
    `\nDiscovered apps (${story.discovered.length}${story.discovered.length > ROWS ? `; the ${ROWS} with most traffic` : ''})`,
  );
  say(
    table(
      ['App', 'Category', 'Score', 'Users', 'Devices', 'Up', 'Down', 'Tag'],
      story.discovered
        .slice(0, ROWS)
        .map((app) => [
          app.name,
          category(app.category),
          app.score?.toFixed(1) ?? 'unscored',
          app.users,
          app.devices,
          bytes(app.bytesUp),
          bytes(app.bytesDown),
          words(app.tag?.tag),
        ]),
    ),
  );
  say(
    `\nWhat the policy unsanctioned, and why (${story.unsanctioned.length}${story.unsanctioned.length > ROWS ? `; the first ${ROWS}` : ''})`,
  );
  say(
    table(
      ['App', 'Because'],
      story.unsanctioned.slice(0, ROWS).map((tag) => [tag.app?.name ?? tag.appId, tag.matchedValues.join('\n')]),
    ),
  );
  say('\nLaptops that confirmed the new block list');
  say(table(['After', 'Laptops', ''], appliedOverTime(story.appliedAfterMs)));
  printCatalogUpdate(story.catalogUpdate, say);
  const stories = story.incidents.filter((incident) => incident.alertCount > 1);
  for (const incident of stories) {
    say(`\nIncident: ${incident.title} (${words(incident.severity)}, ${incident.alertCount} alerts)`);
    say(
      table(
        ['When', 'What', 'Linked because'],
        incident.story.map((step) => [clock(step.at), wrap(step.text), wrap(step.linkReason ?? '')]),
      ),
    );
  }
  say(
    `\n${story.incidents.length - stories.length} more incidents hold one alert each: an app that matches the policy and that nobody has tried since.`,
  );
}

function printCatalogUpdate({ turned, skipped }: CatalogUpdateStep, say: (text: string) => void): void {
  if (!turned) return say(`\nNo catalog update was played: ${skipped}.`);
  const { name, host, aiKind, fromVersion, toVersion, because } = turned;
  say(`\nCatalog ${fromVersion} → ${toVersion}: ${name} became generative AI (${words(aiKind)})`);
  const rows: [number, string][] = [
    [turned.changedMs, 'its change is in the event log'],
    [turned.matchedMs, `the policy matches it: ${because.join(', ')}`],
    [turned.listedMs, `${host} is on the block list`],
    [turned.appliedMs, `every laptop confirmed that list; the next try is ${turned.outcome}`],
  ];
  say(
    table(
      ['After', 'What'],
      rows.map(([after, what]) => [`${after} ms`, wrap(what)]),
    ),
  );
}

/** The nearest-rank percentile. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

function appliedOverTime(times: readonly number[]): (string | number)[][] {
  const steps = [0.25, 0.5, 0.75, 0.9, 1];
  return steps.map((share) => {
    const count = Math.ceil(share * times.length);
    return [`${Math.round(percentile(times, share))} ms`, `${count} of ${times.length}`, '█'.repeat(count)];
  });
}

function table(head: string[], rows: (string | number)[][]): string {
  const drawn = new Table({ head, style: { head: [], border: [] } });
  drawn.push(...rows);
  return drawn.toString();
}

function words(value: string | null | undefined): string {
  return (value ?? '').toLowerCase().replaceAll('_', ' ');
}

/** The name of a category as one would write it: `AI_MODEL_PROVIDER` is an AI model provider. */
function category(value: string | null): string {
  return words(value)
    .replace(/\bai\b/, 'AI')
    .replace(/\bit\b/, 'IT')
    .replace(/\bcrm\b/, 'CRM')
    .replace('mcp', 'MCP')
    .replace('e commerce', 'e-commerce');
}

function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let amount = value;
  let unit = 0;
  while (amount >= 1000 && unit < units.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${amount < 10 && unit > 0 ? amount.toFixed(1) : Math.round(amount)} ${units[unit]}`;
}

function clock(at: string | null): string {
  return at ? new Date(at).toISOString().slice(11, 19) : '';
}

function wrap(text: string, width = 58): string {
  return text.replace(new RegExp(`(.{1,${width}})(\\s+|$)`, 'g'), '$1\n').trimEnd();
}
