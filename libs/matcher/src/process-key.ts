const MAX_LENGTH = 1024;

/** The form in which process names are compared: file name only, lower case, without `.exe`; undefined for none. */
export function processKey(process: string): string | undefined {
  if (process.length > MAX_LENGTH) return undefined;
  const file = process.slice(Math.max(process.lastIndexOf('/'), process.lastIndexOf('\\')) + 1).toLowerCase();
  const key = file.endsWith('.exe') ? file.slice(0, -4) : file;
  return key === '' ? undefined : key;
}
