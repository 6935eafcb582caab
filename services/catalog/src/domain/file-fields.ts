export type FileProblemCode =
  | 'not-json'
  | 'bad-header'
  | 'bad-field'
  | 'bad-id'
  | 'unknown-category'
  | 'unknown-ai-kind'
  | 'bad-rule'
  | 'shared-infrastructure'
  | 'unknown-factor'
  | 'bad-value'
  | 'bad-date'
  | 'unknown-source'
  | 'duplicate-id'
  | 'duplicate-rule';

/** What is wrong with the line that is being read. */
export class LineProblem extends Error {
  constructor(
    readonly code: FileProblemCode,
    message: string,
  ) {
    super(message);
  }
}

const MAX_TEXT = 2000;

export function readObject(line: string, code: FileProblemCode): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new LineProblem(code, 'is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new LineProblem(code, 'is no JSON object');
  return value as Record<string, unknown>;
}

/** A text field; absent is empty unless it is required. */
export function readText(fields: Record<string, unknown>, name: string, options: { required?: boolean } = {}): string {
  const value = fields[name] ?? '';
  if (typeof value !== 'string' || value.length > MAX_TEXT) throw new LineProblem('bad-field', `${name} is no text`);
  if (options.required && value.trim() === '') throw new LineProblem('bad-field', `${name} is missing`);
  return value.trim();
}
