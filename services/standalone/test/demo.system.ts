import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const run = promisify(execFile);

describe('the demo', () => {
  it('tells the whole story once and prints it as one JSON object', async () => {
    const { stdout } = await run(process.execPath, ['--no-warnings', 'dist/scripts/demo.js', '--once', '--json'], {
      timeout: 200_000,
    });
    const result = JSON.parse(stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ agents: 20, agentsApplied: 20 });
    expect(result['discoveredApps']).toBeGreaterThanOrEqual(60);
    expect(result['genAiApps']).toBeGreaterThanOrEqual(20);
    expect(result['unsanctionedApps']).toBeGreaterThanOrEqual(8);
    expect(result['blockedDomains']).toBeGreaterThanOrEqual(8);
    expect(result['blockedAttempts']).toBeGreaterThanOrEqual(1);
    expect(result['alerts']).toBeGreaterThanOrEqual(1);
    expect(result['incidents']).toBeGreaterThanOrEqual(1);
    const { turned } = result['catalogUpdate'] as { turned: Record<string, unknown> };
    expect(turned).toMatchObject({ aiKind: 'EMBEDDED_FEATURE', outcome: 'blocked' });
    expect(turned['users']).toBeGreaterThanOrEqual(1);
    expect(turned['score']).toBeLessThanOrEqual(6);
    expect(turned['toVersion']).toBe(`${String(turned['fromVersion'])}.1`);
    expect(turned['because']).toEqual([expect.stringMatching(/^riskScore = /), 'generativeAi = yes']);
    for (const step of ['changedMs', 'matchedMs', 'listedMs', 'appliedMs']) expect(turned[step]).toBeGreaterThan(0);
    expect(result['rssBytes']).toBeLessThan(400 * 1024 * 1024);
  });
});
