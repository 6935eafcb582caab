import { AppCategory, MatchRuleKind } from '#contracts';
import type { AppRecord, Fact } from './app-record.js';
import type { AppField } from './factors/definition.js';
import { factors } from './factors/registry.js';
import { writeRule } from './rule-normalise.js';

const NAMELESS: readonly MatchRuleKind[] = [MatchRuleKind.PROCESS, MatchRuleKind.BUNDLE_ID, MatchRuleKind.IP_RANGE];

/** What the record of an app says about who it is, as facts: they are shown beside the others, and never scored. */
export function identityFacts(app: AppRecord, source: string, observedOn: string): Fact[] {
  return factors.flatMap(({ id, field }) => {
    const value = field ? read(app, field) : '';
    return value === '' ? [] : [{ factorId: id, value, source, observedOn }];
  });
}

function read(app: AppRecord, field: AppField): string {
  switch (field) {
    case 'category':
      return (AppCategory[app.category] ?? '').toLowerCase().replaceAll('_', '-');
    case 'domains':
      return app.rules
        .filter(({ kind }) => !NAMELESS.includes(kind))
        .map(writeRule)
        .join(',');
    default:
      return app[field];
  }
}
