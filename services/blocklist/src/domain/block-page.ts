import { createHash } from 'node:crypto';

/** What a block page tells. Everything but `kind` may be unknown. */
export interface BlockPage {
  /** `unknown` where nothing is known of the host: then the page says only why such a page appears. */
  readonly kind: 'blocked' | 'warned' | 'unknown';
  readonly host?: string;
  readonly appName?: string;
  readonly organisation?: string;
  /** http, https or mailto; anything else is left out. */
  readonly supportUrl?: string;
}

interface Words {
  readonly title: string;
  readonly headline: string;
  readonly why: string;
  readonly next: readonly string[];
}

/** The page as HTML: no script, nothing from elsewhere, everything that came from outside escaped. */
export function renderBlockPage(page: BlockPage): string {
  const words = wordsOf(page);
  const support = supportLink(page.supportUrl);
  const organisation = page.organisation ? escapeHtml(page.organisation) : 'Your organisation';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(words.title)}</title>
<style>${STYLE}</style>
</head>
<body class="${page.kind}">
<main>
<header>${page.kind === 'warned' ? WARN_SIGN : BLOCK_SIGN}<p class="organisation">${organisation}</p></header>
<h1>${escapeHtml(words.headline)}</h1>
${page.host ? `<p class="host"><span>${escapeHtml(page.host)}</span></p>\n` : ''}<section aria-labelledby="why">
<h2 id="why">Why you see this page</h2>
<p>${escapeHtml(words.why)}</p>
</section>
<section aria-labelledby="next">
<h2 id="next">What you can do</h2>
<ul>
${words.next.map((line) => `<li>${escapeHtml(line)}</li>`).join('\n')}
</ul>
</section>
${support ? `<p><a class="support" href="${escapeHtml(support)}" rel="noreferrer">Visit the support page</a></p>\n` : ''}<footer>Shown by Gnomon for ${page.organisation ? organisation : 'your organisation'}.</footer>
</main>
</body>
</html>
`;
}

function wordsOf(page: BlockPage): Words {
  const organisation = page.organisation ?? 'your organisation';
  const Organisation = page.organisation ?? 'Your organisation';
  const app = page.appName ?? page.host ?? 'This site';
  const help = supportLink(page.supportUrl) ? 'the support page below' : 'your IT or security team';
  if (page.kind === 'blocked') {
    return {
      title: `${app} is blocked`,
      headline: `${app} is blocked`,
      why: `${Organisation} has not approved ${app} for work, so it is blocked on company devices. Nothing is wrong with your device, and you have done nothing wrong by coming here.`,
      next: [
        `Use an app that ${organisation} has approved for the same task.`,
        `If you need ${app} for your work, ask for it through ${help}.`,
      ],
    };
  }
  if (page.kind === 'warned') {
    return {
      title: `Think twice before you use ${app}`,
      headline: `Think twice before you use ${app}`,
      why: `${Organisation} is still watching how ${app} is used and has not approved it. You may continue, and the visit is recorded.`,
      next: [
        'To continue, go back and choose “Continue” in the warning of your browser or device.',
        'Do not enter passwords, customer data or anything confidential.',
        `If you are not sure, ask through ${help}.`,
      ],
    };
  }
  return {
    title: 'This site is restricted',
    headline: 'This site is restricted',
    why: `${Organisation} decides which apps and sites may be used on its devices, and this page appears in place of one that may not. No more is known here about the site you asked for; it may have been released meanwhile.`,
    next: ['Go back and try again.', `If it stays like this, ask through ${help}.`],
  };
}

function supportLink(url: string | undefined): string | undefined {
  if (!url || !URL.canParse(url)) return undefined;
  return ['http:', 'https:', 'mailto:'].includes(new URL(url).protocol) ? url : undefined;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const BLOCK_SIGN =
  '<svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true"><circle cx="24" cy="24" r="24" class="sign"/><circle cx="24" cy="24" r="12.5" class="stroke"/><path d="M15.2 15.2 32.8 32.8" class="stroke"/></svg>';
const WARN_SIGN =
  '<svg viewBox="0 0 48 48" width="48" height="48" aria-hidden="true"><circle cx="24" cy="24" r="24" class="sign"/><path d="M24 11.5v15M24 34v.5" class="stroke"/></svg>';

const STYLE = `
:root{--ground:#f3f4f7;--card:#fff;--text:#171a21;--soft:#5a6270;--line:#e2e5eb;--accent:#b3261e;--link:#1c4fd6;--onlink:#fff;--chip:#f3f4f7}
.warned{--accent:#a15c00}
.unknown{--accent:#4a5568}
@media (prefers-color-scheme:dark){:root{--ground:#101218;--card:#191c24;--text:#eceef3;--soft:#a3abba;--line:#2b303c;--accent:#f2665c;--link:#8ab0ff;--onlink:#0d1220;--chip:#232733}
.warned{--accent:#f0a63c}
.unknown{--accent:#94a0b4}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;place-items:center;padding:1.5rem;background:var(--ground);color:var(--text);font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{width:100%;max-width:36rem;padding:2.5rem;background:var(--card);border:1px solid var(--line);border-top:4px solid var(--accent);border-radius:14px;box-shadow:0 10px 30px rgb(10 15 30/.08)}
header{display:flex;align-items:center;gap:1rem}
.sign{fill:var(--accent)}
.stroke{fill:none;stroke:var(--card);stroke-width:4.5;stroke-linecap:round}
.organisation{margin:0;color:var(--soft);font-weight:600;overflow-wrap:anywhere}
h1{margin:1.5rem 0 .75rem;font-size:1.75rem;line-height:1.2;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{margin:1.75rem 0 .35rem;font-size:.8rem;letter-spacing:.06em;text-transform:uppercase;color:var(--soft)}
p,ul{margin:0}
ul{padding-left:1.15rem}
li{margin:.25rem 0}
.host span{display:inline-block;padding:.2rem .65rem;background:var(--chip);border:1px solid var(--line);border-radius:7px;font:.95rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.support{display:inline-block;margin-top:1.75rem;padding:.65rem 1.25rem;background:var(--link);color:var(--onlink);border-radius:9px;font-weight:600;text-decoration:none}
.support:hover{text-decoration:underline}
.support:focus-visible{outline:3px solid var(--text);outline-offset:2px}
footer{margin-top:2rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}
@media (max-width:30rem){main{padding:1.5rem}h1{font-size:1.45rem}}
`;

/** Lets the page's own style in, by its hash, and nothing else: no script, no request, no frame. */
export const BLOCK_PAGE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
