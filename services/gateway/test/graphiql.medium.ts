import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { chromiumPath, eventually, requires } from '#testkit';
import { gatewayApp, type GatewayApp } from './gateway-app.js';
import { Correlator } from './neighbours.js';

requires({ chromium: true })('GraphiQL in a real browser', () => {
  let gateway: GatewayApp;
  let browser: Browser;
  let page: Page;
  /** What the page loaded or wanted to load, and what went wrong in it. */
  const requests: string[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    gateway = await gatewayApp();
    browser = await chromium.launch({ executablePath: chromiumPath()!, args: ['--no-sandbox'] });
    page = await browser.newPage();
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    await page.goto(`${gateway.url}/graphiql`);
    await page.fill('#token', gateway.adminToken);
    await page.click('button[type=submit]');
    await page.waitForSelector('.graphiql-execute-button', { timeout: 20_000 });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.test.close();
  });

  /** Types an operation into the editor and runs it, once GraphiQL has read its name. */
  async function run(name: string, text: string): Promise<void> {
    await page.click('.graphiql-query-editor .CodeMirror');
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Delete');
    await page.keyboard.insertText(text);
    await page.waitForSelector(`.graphiql-tab:has-text("${name}")`);
    await page.click('.graphiql-execute-button');
  }
  const response = (): Promise<string> => page.innerText('.result-window');

  it('runs a query with the token that was entered', async () => {
    await run('Myself', 'query Myself { me { name roles tenant { name } } }');
    await eventually(async () => expect(await response()).toContain('Example Ltd'));
  }, 30_000);

  it('reads the schema and shows its documentation', async () => {
    await page.click('button[aria-label="Show Documentation Explorer"]');
    await page.waitForSelector('.graphiql-doc-explorer-content');
    await page.click('.graphiql-doc-explorer-content a:text-is("Mutation")');
    await eventually(async () =>
      expect(await page.innerText('.graphiql-doc-explorer-content')).toContain('createPolicy'),
    );
  }, 30_000);

  it('follows a subscription', async () => {
    await run('Watch', 'subscription Watch { incidentChanged { changes incident { title } } }');
    await eventually(
      async () => {
        await gateway.test.get(Correlator).change(gateway.tenantId, 'seen-in-graphiql');
        expect(await response()).toContain('Incident seen-in-graphiql');
      },
      { timeoutMs: 20_000 },
    );
  }, 30_000);

  it('loads nothing from anywhere else and breaks no rule of its own', () => {
    const strangers = requests.filter((url) => !url.startsWith(gateway.url) && !url.startsWith('data:'));
    expect(strangers).toEqual([]);
    expect(problems).toEqual([]);
  });
});
