/** The longest user name that is kept, in UTF-16 units. */
export const MAX_USER = 256;
/** The longest path that is kept: longer ones are cut. */
export const MAX_PATH = 2_048;
/** The longest process name or bundle id. */
export const MAX_PROCESS = 512;
/** The most bytes one transaction may claim: 1 TiB. More is a defect of the sensor. */
export const MAX_BYTES = 2 ** 40;

/** Whether a text has control characters, which neither Postgres nor a terminal should get. */
export function hasControls(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 32 || code === 127) return true;
  }
  return false;
}

/** The text made fit for storing and showing: no control characters, no broken surrogates, cut to `length`. */
export function cleaned(text: string, length: number): string {
  return wellFormed(text.slice(0, length).replace(/[\u0000-\u001f\u007f]/g, ' '));
}

/** The text with each broken surrogate replaced: no other text can be stored. */
export function wellFormed(text: string): string {
  let at = 0;
  while (at < text.length && (text.charCodeAt(at) & 0xf800) !== 0xd800) at += 1;
  return at === text.length ? text : text.replace(/\p{Cs}/gu, '\ufffd');
}

const V4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const V6 = /^[0-9a-f:]+(\d{1,3}(\.\d{1,3}){3})?(%[0-9a-z_.-]{1,32})?$/;

/** An IP address in lower case; undefined where the text is none. */
export function readAddress(text: string): string | undefined {
  if (V4.test(text)) return text;
  const lower = text.toLowerCase();
  return lower.length <= 64 && lower.includes(':') && V6.test(lower) && /^[^:]*(:[^:]*){2,8}$/.test(lower)
    ? lower
    : undefined;
}

/** A count of bytes, as a number or decimal text; undefined where it is none or beyond belief. */
export function readBytes(value: number | string | bigint): number | undefined {
  if (typeof value === 'string' && !/^\d{1,13}$/.test(value)) return undefined;
  const bytes = Number(value);
  return Number.isInteger(bytes) && bytes >= 0 && bytes <= MAX_BYTES ? bytes : undefined;
}
