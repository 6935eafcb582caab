import type { FactorDefinition, FactorType } from './definition.js';

/** The value of a factor that does not apply to the app. */
export const NOT_APPLICABLE = 'n/a';

const MAX_LENGTH = 500;
const PATTERNS: Partial<Record<FactorType, RegExp>> = {
  bool: /^(true|false)$/,
  number: /^\d{1,15}(\.\d{1,6})?$/,
  year: /^(1[89]|20)\d\d$/,
  country: /^[A-Z]{2}$/,
  url: /^(https?:\/\/[^\s]+|none)$/,
};
const SHAPES: Record<FactorType, string> = {
  bool: 'true or false',
  choice: 'one of its choices',
  list: 'a comma-separated list',
  number: 'a number',
  year: 'a year',
  date: 'a date (YYYY-MM-DD)',
  country: 'a country code of two letters',
  url: 'a URL or none',
  text: 'a text',
};

/** Why a text is no value of the factor; undefined when it is one. */
export function whyNotAValue(factor: FactorDefinition, value: string): string | undefined {
  if (value === NOT_APPLICABLE) return undefined;
  const known = value.length > 0 && value.length <= MAX_LENGTH && fits(factor, value);
  if (known) return undefined;
  const expected = factor.choices ? `one of ${factor.choices.join(', ')}` : SHAPES[factor.type];
  return `${factor.id} must be ${expected}, not "${value.slice(0, 60)}"`;
}

function fits(factor: FactorDefinition, value: string): boolean {
  if (factor.type === 'date') return isDate(value);
  if (factor.type === 'choice') return factor.choices?.includes(value) ?? false;
  if (factor.type === 'list')
    return value.split(',').every((item) => item !== '' && (factor.choices?.includes(item) ?? true));
  return PATTERNS[factor.type]?.test(value) ?? true;
}

/** Whether the text is a day of the calendar, written YYYY-MM-DD. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true;
}
