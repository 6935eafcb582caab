/** The part of a running product's GraphQL schema that is needed to call everything in it. */

interface TypeRef {
  readonly kind: string;
  readonly name: string | null;
  readonly ofType?: TypeRef | null;
}

interface Input {
  readonly name: string;
  readonly type: TypeRef;
  readonly defaultValue: string | null;
}

export interface Field {
  readonly name: string;
  readonly type: TypeRef;
  readonly args: readonly Input[];
}

interface Type {
  readonly name: string;
  readonly kind: string;
  readonly fields: readonly Field[] | null;
  readonly inputFields: readonly Input[] | null;
  readonly enumValues: readonly { readonly name: string }[] | null;
  readonly possibleTypes: readonly { readonly name: string }[] | null;
}

interface Roots {
  readonly queryType: { readonly name: string };
  readonly mutationType: { readonly name: string };
  readonly subscriptionType: { readonly name: string };
  readonly types: readonly Type[];
}

const INTROSPECTION = `{ __schema {
  queryType { name } mutationType { name } subscriptionType { name }
  types { name kind enumValues { name } possibleTypes { name }
    fields { name type { ...type } args { name defaultValue type { ...type } } }
    inputFields { name defaultValue type { ...type } } } } }
fragment type on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }`;

const LITERALS: Readonly<Record<string, string>> = {
  Int: '2',
  Float: '1',
  Long: '1',
  Boolean: 'true',
  DateTime: '"2036-01-01T00:00:00Z"',
};

/** Where an argument stands: its name, and the names of the fields that lead to it inside inputs. */
export type ArgumentPath = readonly string[];

/** Writes operations for everything that a schema offers. */
export class SchemaWalk {
  private readonly types: ReadonlyMap<string, Type>;

  private constructor(private readonly roots: Roots) {
    this.types = new Map(roots.types.map((type) => [type.name, type]));
  }

  static async of(query: (text: string) => Promise<Record<string, unknown>>): Promise<SchemaWalk> {
    return new SchemaWalk((await query(INTROSPECTION))['__schema'] as Roots);
  }

  get queries(): readonly Field[] {
    return this.types.get(this.roots.queryType.name)!.fields!;
  }

  get mutations(): readonly Field[] {
    return this.types.get(this.roots.mutationType.name)!.fields!;
  }

  get subscriptions(): readonly Field[] {
    return this.types.get(this.roots.subscriptionType.name)!.fields!;
  }

  /** Where a field takes texts that could name something: ids, searches, cursors. */
  textArguments(field: Field): ArgumentPath[] {
    const found = (inputs: readonly Input[], above: ArgumentPath): ArgumentPath[] =>
      inputs.flatMap(({ name, type }) => {
        const inner = this.types.get(nameOf(type))!;
        if (inner.kind === 'INPUT_OBJECT') return found(inner.inputFields!, [...above, name]);
        return ['ID', 'String'].includes(inner.name) ? [[...above, name]] : [];
      });
    return found(field.args, []);
  }

  isId(field: Field, path: ArgumentPath): boolean {
    let inputs = field.args;
    for (const name of path.slice(0, -1)) inputs = this.types.get(nameOf(find(inputs, name).type))!.inputFields!;
    return nameOf(find(inputs, path.at(-1)!).type) === 'ID';
  }

  /** The call of a field: what it must be given, `value` at `path`, and everything below it down to `depth`. */
  call(field: Field, depth: number, path?: ArgumentPath, value?: string): string {
    const args = this.literals(field.args, path, value);
    return `${field.name}${args === '' ? '' : `(${args})`}${this.selection(field.type, new Set(), depth)}`;
  }

  private literals(inputs: readonly Input[], path: ArgumentPath | undefined, value: string | undefined): string {
    const given = inputs.flatMap((input) => {
      const isOnPath = path?.[0] === input.name;
      const isRequired = input.type.kind === 'NON_NULL' && input.defaultValue === null;
      if (!isOnPath && !isRequired) return [];
      return [`${input.name}: ${this.literal(input.type, isOnPath ? path.slice(1) : undefined, value)}`];
    });
    return given.join(', ');
  }

  private literal(type: TypeRef, path: ArgumentPath | undefined, value: string | undefined): string {
    if (type.kind === 'NON_NULL') return this.literal(type.ofType!, path, value);
    if (type.kind === 'LIST') return `[${this.literal(type.ofType!, path, value)}]`;
    const { kind, enumValues, inputFields } = this.types.get(type.name!)!;
    if (kind === 'INPUT_OBJECT') return `{ ${this.literals(inputFields!, path, value)} }`;
    if (path?.length === 0) return JSON.stringify(value);
    if (kind === 'ENUM') return enumValues![0]!.name;
    return LITERALS[type.name!] ?? '"bee"';
  }

  /** No type appears inside itself; connections and edges are no step of their own. */
  private selection(ref: TypeRef, above: ReadonlySet<string>, depth: number): string {
    const type = this.types.get(nameOf(ref))!;
    if (type.kind === 'UNION') {
      const members = type.possibleTypes!.map(
        ({ name }) => `... on ${name}${this.selection({ kind: 'OBJECT', name }, above, depth)}`,
      );
      return ` { __typename ${members.join(' ')} }`;
    }
    if (!type.fields) return '';
    const within = new Set([...above, type.name]);
    const left = /(Connection|Edge|Success)$/.test(type.name) ? depth : depth - 1;
    const inner = type.fields
      .filter((field) => !this.types.get(nameOf(field.type))!.fields || (left > 0 && !within.has(nameOf(field.type))))
      .map((field) => {
        const args = this.literals(field.args, undefined, undefined);
        return `${field.name}${args === '' ? '' : `(${args})`}${this.selection(field.type, within, left)}`;
      });
    return ` { ${inner.join(' ') || '__typename'} }`;
  }
}

function nameOf(type: TypeRef): string {
  return type.name ?? nameOf(type.ofType!);
}

function find(inputs: readonly Input[], name: string): Input {
  return inputs.find((input) => input.name === name)!;
}
