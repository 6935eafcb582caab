/** Country names that `Intl` spells otherwise, and abbreviations. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  usa: 'US',
  'united states of america': 'US',
  us: 'US',
  uk: 'GB',
  england: 'GB',
  'the netherlands': 'NL',
  nederland: 'NL',
  deutschland: 'DE',
  österreich: 'AT',
  schweiz: 'CH',
  schweden: 'SE',
  irland: 'IE',
  frankreich: 'FR',
  france: 'FR',
  'vereinigtes königreich': 'GB',
  'vereinigte staaten von amerika': 'US',
  niederlande: 'NL',
  luxemburg: 'LU',
  'czech republic': 'CZ',
  'republic of korea': 'KR',
  'republic of singapore': 'SG',
  'hong kong': 'HK',
  turkey: 'TR',
};

const codes = new Map(Object.entries(OTHER_NAMES));
const names = new Intl.DisplayNames(['en'], { type: 'region' });
for (let code = 0; code < 26 * 26; code += 1) {
  const text = String.fromCharCode(65 + Math.floor(code / 26), 65 + (code % 26));
  const name = names.of(text);
  // Codes out of use, such as FX and DD, have the name of the one that took their place.
  const inUse = Intl.getCanonicalLocales(`und-${text}`)[0] === `und-${text}`;
  if (name && name !== text && inUse && !codes.has(name.toLowerCase())) codes.set(name.toLowerCase(), text);
}

/** The ISO code of the country that an address ends with: `San Francisco, CA, USA; Remote` is `US`. */
export function countryOf(address: string): string | undefined {
  const last = (address.split(';')[0] ?? '').split(/[,\n]/).at(-1) ?? '';
  return codes.get(last.trim().replace(/\.$/, '').toLowerCase());
}
