import Table from 'cli-table3';
import { diffCounts, type ImportDiff, type ValueChange } from './import-diff.js';

const SHOWN = 20;

/** A diff for a person: counts, then the first rows of each kind of change. */
export function reportDiff(diff: ImportDiff): string {
  const counts = table(
    ['What', 'Count'],
    Object.entries(diffCounts(diff)).map(([what, count]) => [words(what), count]),
  );
  const value = (change: ValueChange) => [
    change.app,
    change.factor,
    change.before ?? '',
    change.value,
    change.source ?? '',
  ];
  const values = ['App', 'Factor', 'Before', 'List says', 'Source'];
  const parts = [
    part(
      'New apps',
      ['Id', 'Name', 'Rules'],
      diff.newApps.map((app) => [app.id, app.name, app.rules.join(' ')]),
    ),
    part(
      'New rules',
      ['App', 'Rule'],
      diff.newRules.map(({ app, rule }) => [app, rule]),
    ),
    part('New values', values, diff.newValues.map(value)),
    part('Changed values', values, diff.changedValues.map(value)),
    part('Values that stay, because they are curated', values, diff.keptValues.map(value)),
    part(
      'Conflicts: a rule that two apps claim stays with the first',
      ['Rule', 'Has it', 'Wants it'],
      diff.conflicts.map(({ rule, owner, claimant }) => [rule, owner, claimant]),
    ),
    part(
      'Rules that no import gets',
      ['Rule', 'Wants it', 'It'],
      diff.withheld.map(({ rule, name, reason }) => [rule, name, reason]),
    ),
    part(
      'Called generative AI by the list only',
      ['App', 'Kind'],
      diff.saysAi.map(({ app, aiKind }) => [app, aiKind]),
    ),
    part(
      'Rows that belong to no app',
      ['Name', 'Why'],
      diff.nowhere.map(({ name, reason }) => [name, reason]),
    ),
    part(
      'Problems',
      ['Line', 'Reason'],
      diff.problems.map(({ line, reason }) => [line, reason]),
    ),
  ];
  return [counts, ...parts.filter((text) => text !== '')].join('\n');
}

function part(title: string, head: string[], rows: (string | number)[][]): string {
  if (rows.length === 0) return '';
  const more = rows.length > SHOWN ? `; the first ${SHOWN}, --json has all` : '';
  return `\n${title} (${rows.length}${more})\n${table(head, rows.slice(0, SHOWN))}`;
}

/** A table as all of the command's output has them. */
export function table(head: string[], rows: (string | number)[][]): string {
  const drawn = new Table({ head, style: { head: [], border: [] } });
  drawn.push(...rows);
  return drawn.toString();
}

function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
