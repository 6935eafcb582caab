import { hostOf, textOf, type BadRow, type ImportedRow, type Importer, type ImportInput } from './importer.js';
import { fieldsOf, parseJsonWithLines } from './json-lines.js';

/** Providers of model APIs: id → `{ name, api, doc, models }`. */
export const modelsDev: Importer = {
  id: 'models-dev',
  name: 'models.dev',
  url: 'https://models.dev/',
  licence: 'MIT',
  format: 'api.json',
  *read({ text }: ImportInput): Generator<ImportedRow | BadRow> {
    const document = parseJsonWithLines(text);
    for (const [id, value] of Object.entries(fieldsOf(document.value))) {
      const provider = fieldsOf(value);
      const models = Object.values(fieldsOf(provider['models'])).map(fieldsOf);
      const open = models.filter((model) => model['open_weights'] === true).length;
      // The address may be a template that each customer fills in, or a program on the user's own machine.
      const api = hostOf(/[{$]/.test(textOf(provider['api'])) ? undefined : provider['api']);
      const doc = hostOf(provider['doc']);
      yield {
        line: document.lineOf(value),
        name: textOf(provider['name']) || id,
        domains: api ? [api] : [],
        about: doc ? [doc] : [],
        category: 'AI_MODEL_PROVIDER',
        aiKind: 'MODEL_PROVIDER_API',
        facts: models.length > 0 ? { 'open-weights': String(open > 0) } : {},
      };
    }
  },
};
