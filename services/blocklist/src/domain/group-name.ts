const MAX_LENGTH = 200;

/** Whether a text that came from outside can be looked up as the name of a device group at all. */
export function canBeGroup(text: string): boolean {
  return text.length <= MAX_LENGTH && !text.includes('\0');
}
