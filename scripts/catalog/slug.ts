/** A stable id out of a name: lower-case ASCII words with dashes; empty where the name has no such letters. */
export function slug(name: string): string {
  const ascii = name.normalize('NFKD').replace(/[\u0300-\u036f’']/g, '');
  if (/[^\x00-\x7f]/.test(ascii.replace(/[–—·•®™©]/g, ''))) return '';
  return ascii
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
}

/** The form in which names are compared: letters and digits only. */
export function nameKey(name: string): string {
  return name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
}
