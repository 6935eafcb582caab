import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readCurated } from '../curated.js';
import { dataFolder } from '../data.js';

describe('what was written down about the most used AI apps', () => {
  const { topAiApps, facts, aiApps } = readCurated(join(process.cwd(), dataFolder));
  const known = (id: string) => new Map([...(facts.get(id) ?? [])].map(([factor, [value]]) => [factor, value]));

  it('lists 300 apps, each once and each defined', () => {
    expect(topAiApps.length).toBe(300);
    expect(new Set(topAiApps).size).toBe(300);
    const defined = new Set(aiApps.map((app) => app.id));
    expect(topAiApps.filter((id) => !defined.has(id))).toEqual([]);
  });

  it('knows 25 factors and more of nearly all of them, before any public list adds to it', () => {
    const counts = topAiApps.map((id) => known(id).size).sort((a, b) => a - b);
    expect(counts.filter((count) => count >= 25).length).toBeGreaterThanOrEqual(270);
    expect(counts[counts.length / 2]).toBeGreaterThanOrEqual(30);
  });

  it('does not contradict itself', () => {
    const wrong = [...facts.keys()].filter((id) => {
      const values = known(id);
      const is = (factor: string, value: string) => values.get(factor) === value;
      const types = values.get('data-types')?.split(',');
      return (
        (is('mcp-support', 'false') && values.has('mcp-role') && !is('mcp-role', 'none')) ||
        (is('mcp-support', 'true') && is('mcp-role', 'none')) ||
        (is('saml-sso', 'false') && is('scim', 'true')) ||
        (is('enterprise-plan', 'false') && (is('admin-controls', 'true') || is('scim', 'true'))) ||
        (is('holding', 'private') && is('company-status', 'public')) ||
        (is('accepts-files', 'false') && types?.includes('documents')) ||
        (is('accepts-code', 'false') && types?.includes('code'))
      );
    });
    expect(wrong).toEqual([]);
  });
});
