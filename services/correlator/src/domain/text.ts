const HALF_A_PAIR = /\p{Surrogate}/u;

/** Whether a text from outside can be stored and looked up: no NUL and no half of a surrogate pair. */
export function isPlainText(text: string): boolean {
  return !text.includes('\0') && !HALF_A_PAIR.test(text);
}
