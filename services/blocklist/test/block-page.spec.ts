import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BLOCK_PAGE_POLICY, renderBlockPage, type BlockPage } from '../src/domain/block-page.js';

const PAGE: BlockPage = {
  kind: 'blocked',
  host: 'chat.example.com',
  appName: 'Chatty',
  organisation: 'Acme GmbH',
  supportUrl: 'https://help.acme.example/ai?x=1&y=2',
};

describe('the block page', () => {
  it('names the app, the organisation, the host and the support page', () => {
    const html = renderBlockPage(PAGE);
    for (const text of ['Chatty is blocked', 'Acme GmbH has not approved Chatty', 'chat.example.com']) {
      expect(html).toContain(text);
    }
    expect(html).toContain('href="https://help.acme.example/ai?x=1&#38;y=2"');
  });

  it('says of a monitored app that the user may continue, and how', () => {
    const html = renderBlockPage({ ...PAGE, kind: 'warned' });
    expect(html).toContain('You may continue');
    expect(html).toContain('choose “Continue”');
  });

  it('is general where nothing is known', () => {
    const html = renderBlockPage({ kind: 'unknown' });
    expect(html).toContain('Your organisation decides');
    expect(html).not.toMatch(/undefined|null|href=/);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', '//evil.example', 'nonsense', ''])(
    'does not link to %s',
    (supportUrl) => {
      expect(renderBlockPage({ ...PAGE, supportUrl })).not.toContain('href=');
    },
  );

  it('lets nothing in that came from outside as markup', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '<script>alert(1)</script>',
        '"><img src=x onerror=alert(1)>',
        "' onload='x",
        '</style><style>',
        '&lt;',
      ),
    );
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.constantFrom('blocked', 'warned', 'unknown'),
        (host, appName, organisation, kind) => {
          const html = renderBlockPage({ kind: kind, host, appName, organisation });
          const tags = [...html.matchAll(/<\/?([a-z0-9!]+)/gi)].map((match) => match[1]!.toLowerCase());
          const own = ['!doctype', 'html', 'head', 'meta', 'title', 'style', 'body', 'main', 'header', 'svg', 'circle'];
          own.push('path', 'p', 'h1', 'h2', 'span', 'section', 'ul', 'li', 'footer');
          expect(tags.filter((tag) => !own.includes(tag))).toEqual([]);
          expect(html).not.toMatch(/<[^>]* on[a-z]+=/i);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has a policy that lets in its own style and nothing else', () => {
    const style = /<style>([\s\S]*?)<\/style>/.exec(renderBlockPage(PAGE))![1]!;
    const hash = createHash('sha256').update(style).digest('base64');
    expect(BLOCK_PAGE_POLICY).toContain(`style-src 'sha256-${hash}'`);
    expect(BLOCK_PAGE_POLICY).toContain("default-src 'none'");
    expect(renderBlockPage(PAGE)).not.toMatch(/ style=|<script|src=|url\(|@import/);
  });
});
