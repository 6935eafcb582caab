import type { TimeBounds } from '../events/time.js';
import { objectOf, shareOf, type LineResult, type LogFormat } from './log-format.js';
import { readZeekRow, zeekPathOf, type ZeekRow } from './zeek-row.js';

type Fields = Readonly<Record<string, unknown>>;

/** Zeek's JSON form: one object a line, times as numbers or ISO 8601, `id.orig_h` flat or nested. */
export const zeekJson: LogFormat = {
  id: 'zeek-json',
  title: 'Zeek log, JSON lines (ssl, dns, http)',
  detect: (lines) =>
    shareOf(lines, (line) => {
      const fields = objectOf(line);
      return fields !== undefined && 'ts' in fields && ('uid' in fields || '_path' in fields || 'id.orig_h' in fields);
    }),
  parser: (bounds) => ({ line: (text) => readLine(text, bounds) }),
};

function readLine(text: string, bounds: TimeBounds): LineResult {
  if (text.trim() === '') return undefined;
  const fields = objectOf(text);
  if (!fields) return { error: 'not a JSON object', field: '' };
  const path = fields['_path'];
  return readZeekRow(typeof path === 'string' ? path : zeekPathOf((field) => field in fields), rowOf(fields), bounds);
}

function rowOf(fields: Fields): ZeekRow {
  return {
    get(field) {
      const value = fields[field] ?? nested(fields, field);
      return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
    },
  };
}

function nested(fields: Fields, field: string): unknown {
  const dot = field.indexOf('.');
  const parent = dot < 0 ? undefined : fields[field.slice(0, dot)];
  return typeof parent === 'object' && parent !== null ? (parent as Fields)[field.slice(dot + 1)] : undefined;
}
