/** A JSON document whose objects and arrays know the line they begin on. */
export interface LinedJson {
  readonly value: unknown;
  /** From 1; 1 for what is no object or array of the document. */
  lineOf(item: unknown): number;
}

const MAX_DEPTH = 200;

/** Parses a JSON document and remembers where its objects and arrays stand. @throws Error naming the line */
export function parseJsonWithLines(text: string): LinedJson {
  const lines = new WeakMap<object, number>();
  const reader = new Reader(text, lines);
  const value = reader.document();
  return {
    value,
    lineOf: (item) => (typeof item === 'object' && item !== null ? (lines.get(item) ?? 1) : 1),
  };
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const LITERAL = /true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\r\n]*/y;

class Reader {
  private at = 0;
  private line = 1;
  private depth = 0;

  constructor(
    private readonly text: string,
    private readonly lines: WeakMap<object, number>,
  ) {
    if (text.startsWith('\ufeff')) this.at = 1;
  }

  document(): unknown {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) this.fail();
    return value;
  }

  private value(): unknown {
    this.space();
    const char = this.text[this.at];
    if (char === '{' || char === '[') {
      if (++this.depth > MAX_DEPTH) throw new Error(`line ${this.line}: nested more than ${MAX_DEPTH} deep`);
      const value = char === '{' ? this.object() : this.array();
      this.depth -= 1;
      return value;
    }
    return JSON.parse(this.token(char === '"' ? STRING : LITERAL)) as unknown;
  }

  private object(): Record<string, unknown> {
    const object = Object.create(null) as Record<string, unknown>;
    this.lines.set(object, this.line);
    this.at += 1;
    for (let first = true; !this.closes('}', first); first = false) {
      this.space();
      const key = JSON.parse(this.token(STRING)) as string;
      this.space();
      if (this.text[this.at] !== ':') this.fail();
      this.at += 1;
      object[key] = this.value();
    }
    return object;
  }

  private array(): unknown[] {
    const array: unknown[] = [];
    this.lines.set(array, this.line);
    this.at += 1;
    for (let first = true; !this.closes(']', first); first = false) array.push(this.value());
    return array;
  }

  /** Whether the container ends here; steps over the comma where it goes on. */
  private closes(end: string, first: boolean): boolean {
    this.space();
    if (this.text[this.at] === end) {
      this.at += 1;
      return true;
    }
    if (!first) {
      if (this.text[this.at] !== ',') this.fail();
      this.at += 1;
    }
    return false;
  }

  private token(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) this.fail();
    this.at += found.length;
    return found;
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    const space = SPACE.exec(this.text)?.[0] ?? '';
    for (const char of space) if (char === '\n') this.line += 1;
    this.at += space.length;
  }

  private fail(): never {
    throw new Error(`line ${this.line}: is not JSON`);
  }
}

/** The fields of an object; empty where it is none. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** The items of an array; empty where it is none. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}
