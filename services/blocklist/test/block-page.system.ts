import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { chromium, type Browser, type Page } from 'playwright-core';
import { Tag } from '#contracts';
import { EmbeddedPostgres } from '#database';
import { chromiumPath, eventually, requires } from '#testkit';
import { World } from './world.js';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];
const HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>';

requires({ chromium: true })('the block page in a browser', () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'gnomon-page-'));
  let postgres: EmbeddedPostgres;
  let world: World;
  let browser: Browser;
  let tenant: string;
  let blockPage: string;

  beforeAll(async () => {
    postgres = await EmbeddedPostgres.start({ directory, throwAway: true });
    process.env['GNOMON_TEST_POSTGRES'] = postgres.url('{database}');
    world = await World.open();
    browser = await chromium.launch({ executablePath: chromiumPath()!, args: FLAGS });
    tenant = await world.tenant('Acme GmbH', 'https://help.acme.example/ai');
    await world.tenant('Another organisation', '');
    await world.catalogApp('', 'chatty', 'Chatty AI', 'domain:chatty.com');
    await world.catalogApp('', 'drawy', 'Drawy', 'host:app.drawy.ai');
    await world.catalogApp('', 'evil', HOSTILE, 'domain:evil.com');
    for (const appId of ['chatty', 'evil']) await world.tag(tenant, appId, Tag.UNSANCTIONED);
    await world.tag(tenant, 'drawy', Tag.MONITORED);
    const device = await world.device(tenant);
    blockPage = await eventually(async () => {
      const answer = await world.get('/v1/blocklist', device.credential);
      const list = (await answer.json()) as { blockPage: string; rules: unknown[] };
      expect(list.rules).toHaveLength(3);
      return list.blockPage;
    });
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await world?.close();
    await postgres?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  /** Opens a page without JavaScript, as a strict reader would, and notes everything it asks for or complains of. */
  async function open(
    query: string,
    options: { colorScheme?: 'light' | 'dark'; javaScriptEnabled?: boolean; width?: number } = {},
  ): Promise<{ page: Page; requests: string[]; complaints: string[]; text: string; status: number | undefined }> {
    const { colorScheme = 'light', javaScriptEnabled = false, width = 1000 } = options;
    const context = await browser.newContext({ colorScheme, javaScriptEnabled, viewport: { width, height: 720 } });
    const page = await context.newPage();
    const requests: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    const answer = await page.goto(`${world.url}${query}`);
    return { page, requests, complaints, text: await page.locator('body').innerText(), status: answer?.status() };
  }

  it('names the app, the organisation and the support page, and asks for nothing else', async () => {
    const { page, requests, complaints, text, status } = await open(`${blockPage}&host=www.chatty.com`);
    expect(status).toBe(200);
    expect(await page.title()).toBe('Chatty AI is blocked');
    expect(await page.locator('h1').innerText()).toBe('Chatty AI is blocked');
    expect(text).toContain('Acme GmbH');
    expect(text).toContain('www.chatty.com');
    const support = page.getByRole('link', { name: 'Visit the support page' });
    expect(await support.getAttribute('href')).toBe('https://help.acme.example/ai');
    expect(await support.isVisible()).toBe(true);
    expect(requests).toHaveLength(1);
    expect(complaints).toEqual([]);
  }, 60_000);

  it('is styled under its own policy, in light and dark, on small screens', async () => {
    const styles = await Promise.all(
      (['light', 'dark'] as const).map(async (colorScheme) => {
        const { page } = await open(`${blockPage}&host=chatty.com`, {
          colorScheme,
          javaScriptEnabled: true,
          width: 360,
        });
        const shot = process.env['GNOMON_SCREENSHOTS'];
        if (shot) await page.screenshot({ path: path.join(shot, `block-page-${colorScheme}.png`), fullPage: true });
        return page.evaluate<{ ground: string; overflow: boolean }>(
          '({ ground: getComputedStyle(document.body).backgroundColor, overflow: document.documentElement.scrollWidth > innerWidth })',
        );
      }),
    );
    expect(styles).toEqual([
      { ground: 'rgb(243, 244, 247)', overflow: false },
      { ground: 'rgb(16, 18, 24)', overflow: false },
    ]);
  }, 60_000);

  it('warns of a monitored app and explains how to continue', async () => {
    const { page, text } = await open(`${blockPage}&host=https://APP.drawy.ai:443/x?y`, { colorScheme: 'dark' });
    const shot = process.env['GNOMON_SCREENSHOTS'];
    if (shot) await page.screenshot({ path: path.join(shot, 'warn-page-dark.png'), fullPage: true });
    expect(await page.locator('h1').innerText()).toBe('Think twice before you use Drawy');
    expect(text).toContain('You may continue');
    expect(text).toContain('app.drawy.ai');
  }, 60_000);

  it('runs nothing that an app, a host or a tenant brings with it', async () => {
    const { page, complaints } = await open(`${blockPage}&host=evil.com`, { javaScriptEnabled: true });
    expect(await page.locator('h1').innerText()).toBe(`${HOSTILE} is blocked`);
    expect(await page.locator('img, script').count()).toBe(0);
    expect(complaints).toEqual([]);
    const { page: other } = await open(`/blocked?t=${tenant}&host=${encodeURIComponent(HOSTILE)}`, {
      javaScriptEnabled: true,
    });
    expect(await other.title()).toBe('This site is restricted');
    expect(await other.locator('img, script').count()).toBe(0);
  }, 60_000);

  it('is general, and no error, whatever is asked', async () => {
    const questions = [
      '/blocked',
      '/blocked?host=chatty.com',
      '/blocked?host=chatty.com&t=nobody',
      `/blocked?t=${tenant}`,
      `/blocked?t=${tenant}&host=never-heard-of.example`,
      `/blocked?t=${tenant}&host=a&host=b&t=c`,
      `/blocked?t=${tenant}&host=%00%ff${'x'.repeat(5_000)}`,
      '/blocked?host[]=x&t[a]=b',
    ];
    for (const question of questions) {
      const answer = await world.get(question);
      expect([question, answer.status]).toEqual([question, 200]);
      expect(await answer.text()).toContain('<h1>This site is restricted</h1>');
    }
    const { text } = await open(questions[0]!);
    expect(text).toContain('Your organisation decides');
  }, 60_000);
});
