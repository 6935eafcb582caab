import { describe, expect, it } from '@jest/globals';
import { aiRules } from '../ai-listing.js';
import { appName, fits, groupKey } from '../app-names.js';
import { categoryByWords } from '../category-words.js';
import { categoryOf } from '../cloud-categories.js';
import type { ListedAiDomain, ListedDomain } from '../fact-lists.js';
import { byNameKey, splitGroup } from '../name-groups.js';

const row = (domain: string, name: string, sources: string, facts: Record<string, unknown> = {}): ListedDomain => ({
  domain,
  name,
  facts,
  sources: sources.split(' '),
});
const groups = (...rows: ListedDomain[]) =>
  [...byNameKey(rows)]
    .flatMap(([key, group]) => splitGroup(key, group))
    .map(({ name, rows: group }) => [name, ...group.map(({ domain }) => domain)]);

describe('names of listed domains', () => {
  it('lose the notes of the lists, and give way to the domain where they are of a part of the site', () => {
    expect(appName(row('kodi.tv', 'Kodi (partial)', 'hibp'))).toBe('Kodi');
    expect(appName(row('costco.co.uk', 'Costco [UK]', '2fa'))).toBe('Costco');
    expect(appName(row('mako.co.il', 'Shironet', 'kagi-bangs'))).toBe('mako.co.il');
    expect(appName(row('rsc.org', 'Royal Society of Chemistry', 'kagi-bangs'))).toBe('Royal Society of Chemistry');
    expect(appName(row('lametayel.co.il', 'https://forum.lametayel.co.il/', 'kagi-bangs'))).toBe('lametayel.co.il');
  });

  it('are compared without the end of the own domain and its country', () => {
    expect(groupKey('AbeBooks.co.uk', 'abebooks.co.uk')).toBe(groupKey('AbeBooks', 'abebooks.com'));
    expect(groupKey('Linguee PL', 'linguee.pl')).toBe('linguee');
    expect(groupKey('Mail.ru', 'mail.ru')).not.toBe(groupKey('Mail.com', 'mail.com'));
    expect(fits('Danfo.js', 'jsdata.org')).toBe(false);
  });
});

describe('grouping listed domains', () => {
  it('joins what carries the name, and what a list of services adds', () => {
    const shop = row('newegg.com', 'Newegg.com (partial)', 'jdm kagi-bangs');
    const more = [row('newegg.ca', 'Newegg', 'jdm'), row('neweggimages.com', 'newegg', 'v2fly-services')];
    expect(groups(shop, ...more)).toEqual([['Newegg', 'newegg.com', 'neweggimages.com', 'newegg.ca']]);
    const car = [row('car2go.com', 'Car2Go', '2fa'), row('share-now.com', 'Car2Go', '2fa')];
    expect(groups(...car)).toEqual([['Car2Go', 'car2go.com', 'share-now.com']]);
  });

  it('keeps delivery networks, the property of companies and start-ups of the same name out', () => {
    const steam = [row('steampowered.com', 'Steam', '2fa jdm'), row('hwcdn.net', 'steam', 'v2fly-services')];
    expect(groups(...steam)).toEqual([['Steam', 'steampowered.com']]);
    const twitter = [row('twitter.com', 'Twitter', 'jdm'), row('mopub.com', 'Twitter', 'pd-bugbounty')];
    expect(groups(...twitter)).toEqual([['Twitter', 'twitter.com']]);
    const state = ['agentschaptelecom.nl', 'zorg.nl'].map((domain) => row(domain, 'Government of X', 'pd-bugbounty'));
    expect(groups(...state)).toEqual([]);
    const argo = [row('argo.com', 'Argo', 'kagi-bangs'), row('argo.la', 'Argo', 'yc'), row('argo.io', 'Argo', 'yc')];
    expect(groups(...argo)).toHaveLength(3);
  });
});

describe('categories', () => {
  it('come from the lists, then from words, and are honest where neither says anything', () => {
    expect(categoryOf([row('a.com', 'A Bank', '2fa', { mfa_cats: ['retail'] })])).toBe('E_COMMERCE');
    expect(categoryOf([row('a.com', 'A', 'yc', { cat: 'Consumer -> Gaming' })])).toBe('NEWS_AND_ENTERTAINMENT');
    expect(categoryOf([row('kapital.mx', 'Kapital Bank', 'hibp')])).toBe('ACCOUNTING_AND_FINANCE');
    expect(categoryOf([row('sigstore.dev', 'sigstore', 'gilbarbara')])).not.toBe('OTHER');
    expect(categoryOf([row('visme.co', 'Visme', 'jdm')])).toBe('OTHER');
    expect(categoryByWords('Illinois Institute of Technology', 'iit.edu')).toBe('EDUCATION');
    expect(categoryByWords('Social Security', 'socialsecurity.gov')).toBeUndefined();
  });
});

describe('domains that lists of AI name', () => {
  const listed = (change: Partial<ListedAiDomain>): ListedAiDomain => ({
    ...{ domain: 'paint.ai', names: ['Paint'], hosts: ['paint.ai'], hints: ['Image'], sources: ['a'] },
    ...{ confidence: 'C', generalPurpose: false, ...change },
  });

  it('are apps where nothing speaks against it', () => {
    expect(aiRules(listed({}), undefined)).toEqual(['paint.ai']);
    expect(aiRules(listed({ hints: ['Newsletters and Communities', 'Image'] }), undefined)).toEqual(['paint.ai']);
    expect(aiRules(listed({ hints: ['Newsletters and Communities'] }), undefined)).toEqual([]);
    expect(aiRules(listed({ names: ['Awesome AI directory'] }), undefined)).toEqual([]);
  });

  it('are not where a company sells other things, a start-up closed, or other lists know the service', () => {
    expect(aiRules(listed({ generalPurpose: true }), undefined)).toEqual([]);
    expect(aiRules(listed({}), row('paint.ai', 'Paint', 'yc', { yc_status: 'Inactive' }))).toEqual([]);
    expect(aiRules(listed({}), row('paint.ai', 'Paint', '2fa jdm'))).toEqual([]);
    expect(aiRules(listed({ confidence: 'B' }), row('paint.ai', 'Paint', '2fa jdm'))).toEqual(['paint.ai']);
  });

  it('are only the hosts that are listed where the domain is of something else', () => {
    const below = { domain: 'tool.com', names: ['Paint'], hosts: ['paint.tool.com', 'blog.tool.com'] };
    expect(aiRules(listed(below), undefined)).toEqual(['paint.tool.com']);
    expect(aiRules(listed({ ...below, domain: 'paint.com', hosts: ['app.paint.com'] }), undefined)).toEqual([
      'paint.com',
    ]);
  });
});
