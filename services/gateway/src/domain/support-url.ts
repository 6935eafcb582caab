const MAX_LENGTH = 2_000;

/** Whether a text can be shown to users as a link to follow: an absolute http or https URL without credentials. */
export function isSupportUrl(text: string): boolean {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return false;
  const url = new URL(text);
  return (url.protocol === 'http:' || url.protocol === 'https:') && url.username === '' && url.password === '';
}
