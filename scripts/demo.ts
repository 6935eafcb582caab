import { parseArgs } from 'node:util';
import { percentile, printTables, type DemoResult } from './demo/report.js';
import { runningProduct, startProduct, type Product } from '../libs/testkit/src/product.js';
import { playStory, type Story } from './demo/story.js';

const USAGE = `npm run demo -- [--once] [--json] [--url URL --token TOKEN --enrolment-secret SECRET]
  --once   end after the story instead of staying up
  --json   print one JSON object instead of progress and tables
  --url    play against a running Gnomon instead of starting one`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      url: { type: 'string' },
      token: { type: 'string' },
      'enrolment-secret': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const startedAt = performance.now();
  const say = (line: string): void => {
    if (!values.json) process.stdout.write(`${seconds(startedAt)}  ${line}\n`);
  };
  say(values.url ? `Playing against ${values.url}` : 'Starting Gnomon on an empty temporary directory');
  const product = await open(values);
  try {
    const story = await playStory(product, say);
    const result = resultOf(story, product, performance.now() - startedAt);
    if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
    else printTables(story);
    if (values.once || values.url) return;
    stayUp(product, story);
    await new Promise<void>((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
  } finally {
    await product.stop();
  }
}

async function open(values: {
  url?: string | undefined;
  token?: string | undefined;
  'enrolment-secret'?: string | undefined;
}): Promise<Product> {
  if (!values.url)
    return startProduct({
      catalog: 'whole',
      environment: { GNOMON_TENANT_NAME: 'Example Corporation', GNOMON_SUPPORT_URL: 'https://help.example.com/ai' },
    });
  if (!values.token || !values['enrolment-secret'])
    throw new Error(`--url needs --token and --enrolment-secret.\n${USAGE}`);
  return runningProduct(values.url.replace(/\/$/, ''), values.token, values['enrolment-secret']);
}

function resultOf(story: Story, product: Product, elapsedMs: number): DemoResult {
  return {
    discoveredApps: story.discovered.length,
    genAiApps: story.discovered.filter((app) => app.generativeAi).length,
    unsanctionedApps: story.unsanctioned.length,
    blockedDomains: story.blockedDomains,
    agents: story.agents,
    agentsApplied: story.agentsApplied,
    policyToAppliedMs: {
      p50: Math.round(percentile(story.appliedAfterMs, 0.5)),
      p99: Math.round(percentile(story.appliedAfterMs, 0.99)),
    },
    blockedAttempts: story.blockedAttempts,
    alerts: story.alerts,
    incidents: story.incidents.length,
    elapsedMs: Math.round(elapsedMs),
    rssBytes: product.rssBytes() ?? null,
  };
}

function stayUp(product: Product, story: Story): void {
  process.stdout.write(
    [
      '',
      `Gnomon stays up at ${product.url} until you press Ctrl-C.`,
      `  GraphiQL    ${product.url}/graphiql`,
      `  Block page  ${story.blockPage}`,
      `  Token       ${product.adminToken}`,
      '',
    ].join('\n'),
  );
}

function seconds(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(5)} s`;
}

main().catch((error: unknown) => {
  process.stderr.write(`The demo failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
