/** Whether a text can be stored and compared: well-formed Unicode without control characters but line breaks. */
export function isPlainText(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text) && !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(text);
}

/** An id out of a name: lower-case ASCII words with dashes, at most 40 characters; `app` where none is left. */
export function slug(name: string): string {
  const ascii = name
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
  const words = ascii.replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '');
  return words.slice(0, 40).replace(/-+$/, '') || 'app';
}
