import type { LineParser, LineResult, LogFormat } from './log-format.js';
import type { TimeBounds } from '../events/time.js';
import { readZeekRow, zeekPathOf, type ZeekRow } from './zeek-row.js';

const HEADER = /^#(separator|set_separator|empty_field|unset_field|path|open|close|fields|types)\b/;

/** Zeek's own text form: a header that names the columns, in any order, then one row a line. */
export const zeekTsv: LogFormat = {
  id: 'zeek-tsv',
  title: 'Zeek log, tab-separated (ssl, dns, http)',
  detect: (lines) =>
    lines.some((line) => line.startsWith('#fields')) && lines.some((line) => HEADER.test(line)) ? 1 : 0,
  parser: (bounds) => new ZeekTsvParser(bounds),
};

/** A header may come again in the middle of a file that was put together from several. */
class ZeekTsvParser implements LineParser, ZeekRow {
  private separator = '\t';
  private unset = '-';
  private empty = '(empty)';
  private path = '';
  private columns = new Map<string, number>();
  private values: string[] = [];

  constructor(private readonly bounds: TimeBounds) {}

  line(text: string): LineResult {
    if (text === '') return undefined;
    if (text.charCodeAt(0) === 35) {
      this.readHeader(text);
      return undefined;
    }
    if (this.columns.size === 0) return { error: 'comes before a #fields header', field: '' };
    this.values = text.split(this.separator, this.columns.size + 1);
    if (this.values.length !== this.columns.size)
      return { error: 'has not as many values as #fields names', field: '' };
    return readZeekRow(this.path, this, this.bounds);
  }

  get(field: string): string {
    const column = this.columns.get(field);
    const value = column === undefined ? '' : (this.values[column] ?? '');
    if (value === this.unset || value === this.empty) return '';
    return value.includes('\\x') ? unescaped(value) : value;
  }

  private readHeader(text: string): void {
    if (text.startsWith('#separator')) {
      this.separator = unescaped(text.slice('#separator'.length).trim()) || '\t';
      this.path = '';
      this.columns = new Map();
      return;
    }
    const [name, ...values] = text.split(this.separator);
    if (name === '#unset_field') this.unset = values[0] ?? '-';
    if (name === '#empty_field') this.empty = values[0] ?? '(empty)';
    if (name === '#path') this.path = values[0] ?? '';
    if (name === '#fields') {
      this.columns = new Map(values.map((field, column) => [field, column]));
      this.path ||= zeekPathOf((field) => this.columns.has(field));
    }
  }
}

/** Zeek writes bytes that are not printable, and its separators, as `\xHH`; several of them may be one UTF-8 character. */
function unescaped(text: string): string {
  return text.replace(/(?:\\x[0-9a-fA-F]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll('\\x', ''), 'hex').toString('utf8'),
  );
}
