import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NOT_ASCII, NOTHING, SuffixTable } from '../src/suffix-table.js';

const label = fc.constantFrom('a', 'b', 'ab', 'x-1', 'com', 'co', 'uk', 'name-with-many-characters');
const name = fc.array(label, { minLength: 1, maxLength: 5 }).map((labels) => labels.join('.'));

describe('SuffixTable', () => {
  it('holds far more names than it was made for, each with its own positions', () => {
    const names = Array.from({ length: 5_000 }, (_, at) => `host-${at}.part-${at % 700}.zone-${at % 13}.example`);
    const table = new SuffixTable(1, 1);
    names.forEach((each, at) => table.set(table.put(each), at % 2 === 0 ? 'exact' : 'below', at + 1));
    for (const [at, each] of names.entries()) {
      expect(table.find(each, each.length)).toBe(at % 2 === 0 ? at + 1 : NOTHING);
      expect(table.find(`www.${each}`, each.length + 4)).toBe(at % 2 === 0 ? NOTHING : at + 1);
      expect(table.recordOf(each, each.length)).toBe(table.put(each));
    }
    expect(table.find('part-1.zone-1.example', 21)).toBe(NOTHING);
  });

  it('answers as a map that is asked for every suffix does, whatever the order of the names', () => {
    const claim = fc.constantFrom('exact' as const, 'below' as const);
    fc.assert(
      fc.property(fc.array(fc.tuple(name, claim), { maxLength: 40 }), fc.array(name), (entries, hosts) => {
        const table = new SuffixTable(1, 4);
        const known = new Map<string, number>();
        entries.forEach(([each, which], at) => {
          table.set(table.put(each), which, at + 1);
          known.set(`${which} ${each}`, at + 1);
        });
        table.trim();
        for (const host of hosts.concat(entries.map(([each]) => each))) {
          const labels = host.split('.');
          const above = labels.map((_, at) => labels.slice(at + 1).join('.'));
          const below = above.map((each) => known.get(`below ${each}`)).find((position) => position !== undefined);
          expect(table.find(host, host.length)).toBe(known.get(`exact ${host}`) ?? below ?? NOTHING);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('takes no name that is not folded, and no host for one that it only begins or ends like', () => {
    const table = new SuffixTable(4, 40);
    for (const odd of [
      '',
      'Upper.example',
      'dot.example.',
      'bücher.example',
      'nul\0.example',
      `${'a'.repeat(250)}.com`,
    ]) {
      expect(table.put(odd)).toBe(0);
    }
    table.set(table.put('abc.example'), 'exact', 7);
    table.set(table.put('abc.example'), 'below', 8);
    const find = (host: string) => table.find(host, host.length);
    expect(find('abc.example')).toBe(7);
    expect(find('ABC.Example')).toBe(7);
    expect(find('x.aBc.example')).toBe(8);
    for (const other of ['bc.example', 'xabc.example', '\0abc.example', 'abc.example\0', 'abc.exampl', 'example']) {
      expect(find(other)).toBe(NOTHING);
    }
    for (const each of ['bcd.example', 'cd.example', 'd.example']) table.set(table.put(each), 'exact', 9);
    for (const each of [
      '\0bcd.example',
      '\0cd.example',
      '\0d.example',
      '\0\0d.example',
      'cd\0example',
      'cd.exampl\0',
    ]) {
      expect(find(each)).toBe(NOTHING);
    }
    expect(find('ü.abc.example')).toBe(NOT_ASCII);
    expect(find('x.abc.exämple')).toBe(NOT_ASCII);
  });
});
