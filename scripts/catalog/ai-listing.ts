import type { ListedAiDomain, ListedDomain } from './fact-lists.js';

/** Parts of the lists that hold no apps, or none that creates content. */
const NO_APP =
  /books? |^books|newsletter|communit|learning resources|more lists|related|leaderboard|director(y|ies)|robots|student|educational websites|online courses|interactive learning|gpu rental|^milestones|footnotes|image libraries|image compression|testing and qa|devops|^security$|image recognition|nlp libraries|machine learning|mlops|data analysis & visual|data pipeline|time management|recommended reading|specialized vision|governance|google for students|tools for better image prompting|task & project|code search|agent evaluation|industrial bio|therapeutics|drug discovery|manufacturing|^industrials/i;
/** Names of what is read, not used, and of what only tells of others. */
const NO_APP_NAME =
  /directory|\bawesome\b|\bcourses?\b|newsletter|podcast|\bbook\b|\bby [A-Z]|cheat ?sheet|documentation|\bdocs\b/i;
/** Hosts that tell of an app and are not it. */
const ABOUT = /^(blog|help|docs?|faq|info|status|wwww|product)\./;
const CONFIDENT = new Set(['A', 'B']);

/**
 * The rules by which a domain that lists of generative AI name is an app of its own, or none where it cannot be. What
 * two lists agree on is taken as it is; what a single one names must look like an app that creates content, and must not
 * be known as an ordinary service.
 */
export function aiRules(row: ListedAiDomain, general: ListedDomain | undefined): readonly string[] {
  if (row.generalPurpose) return [];
  if (CONFIDENT.has(row.confidence)) return [row.domain];
  const elsewhere = (general?.sources ?? []).filter((source) => source !== 'yc');
  if (elsewhere.length > 1 || general?.facts['yc_status'] === 'Inactive') return [];
  if (row.hints.length > 0 && row.hints.every((hint) => NO_APP.test(hint))) return [];
  if (row.names.length === 0 || row.names.every((name) => name.length > 60 || NO_APP_NAME.test(name))) return [];
  const hosts = row.hosts.filter((host) => !ABOUT.test(host));
  if (hosts.length === 0) return namedAfter(row) ? [row.domain] : [];
  if (hosts.includes(row.domain) || hosts.includes(`www.${row.domain}`)) return [row.domain];
  // Listed at a host below a domain of something else: only that host is known to be the app.
  return namedAfter(row) ? [row.domain] : hosts;
}

function namedAfter({ domain, names }: ListedAiDomain): boolean {
  const label = domain.slice(0, domain.indexOf('.')).replace(/[^a-z0-9]/g, '');
  return names.some((name) =>
    name
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '')
      .startsWith(label),
  );
}
