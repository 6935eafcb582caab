import path from 'node:path';
import ts from 'typescript';
import type { Manifest, Problem } from './manifest.js';
import { nameOf } from './manifest.js';

const KEDA = '.sh';

/** The module of `kubernetes-models` that has a kind. */
export function modelModule(apiVersion: string): string {
  const [group = ''] = apiVersion.split('/');
  return group.endsWith(KEDA) ? `@kubernetes-models/keda/${apiVersion}` : `kubernetes-models/${apiVersion}`;
}

/**
 * Fields that Kubernetes does not know: misspelled ones. The validators of `kubernetes-models` let them pass, so the
 * manifests are held against its types, which name every field there is.
 */
export function unknownFields(manifests: readonly Manifest[]): Problem[] {
  const types = new ModelTypes(manifests.map(({ apiVersion }) => modelModule(apiVersion)));
  return manifests.flatMap((manifest) => {
    const where = nameOf(manifest);
    const type = types.of(modelModule(manifest.apiVersion), manifest.kind);
    if (!type) return [{ where, what: `${manifest.apiVersion} has no kind ${manifest.kind}` }];
    return types.unknownIn(manifest, type, '').map((at) => ({ where, what: `there is no field ${at}` }));
  });
}

class ModelTypes {
  private readonly checker: ts.TypeChecker;
  private readonly exports = new Map<string, Map<string, ts.Symbol>>();

  constructor(modules: readonly string[]) {
    const names = [...new Set(modules)].sort();
    // A file that is nowhere: it only imports.
    const file = path.resolve('manifests.ts');
    const text = names.map((name, index) => `import * as m${index} from '${name}'; void m${index};`).join('\n');
    const options: ts.CompilerOptions = {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      target: ts.ScriptTarget.ESNext,
      types: [],
      lib: ['lib.es5.d.ts'],
      skipLibCheck: true,
      strictNullChecks: true,
    };
    const host = ts.createCompilerHost(options);
    const read = host.getSourceFile.bind(host);
    host.getSourceFile = (name, ...rest) =>
      name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ESNext) : read(name, ...rest);
    const program = ts.createProgram([file], options, host);
    this.checker = program.getTypeChecker();
    for (const statement of program.getSourceFile(file)!.statements) {
      if (!ts.isImportDeclaration(statement)) continue;
      const name = (statement.moduleSpecifier as ts.StringLiteral).text;
      const symbol = this.checker.getSymbolAtLocation(statement.moduleSpecifier);
      const exported = symbol ? this.checker.getExportsOfModule(symbol) : [];
      this.exports.set(name, new Map(exported.map((each) => [each.name, each])));
    }
  }

  of(module: string, kind: string): ts.Type | undefined {
    const symbol = this.exports.get(module)?.get(`I${kind}`);
    if (!symbol) return undefined;
    const target = symbol.flags & ts.SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
    return this.checker.getDeclaredTypeOfSymbol(target);
  }

  unknownIn(value: unknown, type: ts.Type, at: string): string[] {
    const candidates = (type.isUnion() ? type.types : [type]).filter(
      (each) => !(each.flags & (ts.TypeFlags.Null | ts.TypeFlags.Undefined)),
    );
    if (Array.isArray(value)) {
      const element = candidates
        .map((each) => this.checker.getIndexTypeOfType(each, ts.IndexKind.Number))
        .find(Boolean);
      return element ? value.flatMap((each, index) => this.unknownIn(each, element, `${at}[${index}]`)) : [];
    }
    if (typeof value !== 'object' || value === null) return [];
    const known = candidates.filter((each) => each.flags & ts.TypeFlags.Object);
    if (known.length === 0) return [];
    return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
      const path = at ? `${at}.${key}` : key;
      const field = known.map((each) => this.fieldOf(each, key)).find(Boolean);
      return field ? this.unknownIn(inner, field, path) : [path];
    });
  }

  private fieldOf(type: ts.Type, key: string): ts.Type | undefined {
    const property = this.checker.getPropertyOfType(type, key);
    if (property) return this.checker.getTypeOfSymbol(property);
    return this.checker.getIndexTypeOfType(type, ts.IndexKind.String);
  }
}
