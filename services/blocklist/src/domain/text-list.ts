import { BlockAction, DomainRuleKind, type DomainRule } from '#contracts';
import { byText } from './order.js';

export const TEXT_ACTIONS = ['block', 'warn', 'all'] as const;
/** Which rules a plain list shows. */
export type TextAction = (typeof TEXT_ACTIONS)[number];

export function isTextAction(text: string): text is TextAction {
  return (TEXT_ACTIONS as readonly string[]).includes(text);
}

/**
 * One name a line, sorted, each line ending in a line feed; `*.name` where the name itself is not meant. A plain list
 * cannot say "exactly this host": readers that take a name for everything below it as well do so for hosts too.
 */
export function textList(rules: readonly DomainRule[], action: TextAction): string {
  const shown = rules.filter(
    (rule) => action === 'all' || (rule.action === BlockAction.BLOCK) === (action === 'block'),
  );
  const names = shown.map((rule) => (rule.kind === DomainRuleKind.SUFFIX ? `*.${rule.value}` : rule.value));
  return [...new Set(names)]
    .sort(byText)
    .map((name) => `${name}\n`)
    .join('');
}
