import type { PolicyScope, Severity } from '#contracts';
import { AiKind, AppCategory, Tag } from '#contracts';

const ACRONYMS = new Map([
  ['AI', 'AI'],
  ['MCP', 'MCP'],
  ['CRM', 'CRM'],
  ['IT', 'IT'],
  ['API', 'API'],
  ['E', 'E'],
]);

/** A category as an admin reads it, for example `Generative AI`. */
export function categoryLabel(category: AppCategory): string {
  return capitalised(words(AppCategory[category] ?? `category ${category}`));
}

/** What kind of AI an app is, for example `meeting notes`; `none` for an app without generative AI. */
export function aiKindLabel(kind: AiKind): string {
  return kind === AiKind.UNSPECIFIED ? 'none' : words(AiKind[kind] ?? `kind ${kind}`);
}

/** A tag as an admin reads it; `untagged` for none. */
export function tagLabel(tag: Tag): string {
  return tag === Tag.UNSPECIFIED ? 'untagged' : words(Tag[tag] ?? `tag ${tag}`);
}

/** Whether a number is a value of a generated enum and not its `UNSPECIFIED`. */
export function isNamed(
  values: typeof AppCategory | typeof AiKind | typeof Tag | typeof Severity | typeof PolicyScope,
  value: number,
): boolean {
  return value !== 0 && value in values;
}

function words(constant: string): string {
  return constant
    .split('_')
    .map((word) => ACRONYMS.get(word) ?? word.toLowerCase())
    .join(' ');
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
