import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { catalogFile } from '#testkit';

const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

describe('the catalog of tests', () => {
  it('is a sample of the shipped file, with its header, all AI apps and those put together by hand', () => {
    const [header, ...apps] = lines(catalogFile());
    const [wholeHeader, ...whole] = lines(catalogFile('whole'));
    expect(header).toBe(wholeHeader);
    expect(apps.length).toBeLessThan(whole.length / 4);
    const all = new Set(whole);
    expect(apps.filter((line) => !all.has(line))).toEqual([]);
    expect(apps.filter((line) => line.includes('"aiKind"'))).toEqual(whole.filter((line) => line.includes('"aiKind"')));
    expect(apps.some((line) => line.startsWith('{"id":"slack"'))).toBe(true);
  });

  it('is written once', () => {
    expect(catalogFile()).toBe(catalogFile());
  });
});
