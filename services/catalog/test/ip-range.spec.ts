import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MatchRuleKind } from '#contracts';
import { readIpRange } from '../src/domain/ip-range.js';
import { readRule, writeRule } from '../src/domain/rule-normalise.js';

const range = (text: string) => {
  const read = readIpRange(text);
  return 'rule' in read ? read.rule.value : read.refused;
};

describe('address ranges', () => {
  it('are written in one way', () => {
    expect(range('192.0.2.7')).toBe('192.0.2.7/32');
    expect(range(' 192.0.2.0/24 ')).toBe('192.0.2.0/24');
    expect(range('10.0.0.0/8')).toBe('10.0.0.0/8');
    expect(range('2001:DB8:0:0::/32')).toBe('2001:db8::/32');
    expect(range('2001:db8::1')).toBe('2001:db8::1/128');
    expect(range('2001:db8:0:0:1:0:0:1/128')).toBe('2001:db8::1:0:0:1/128');
    expect(range('64:ff9b::192.0.2.33')).toBe('64:ff9b::c000:221/128');
    expect(range('fe80::/16')).toBe('fe80::/16');
  });

  it('are refused where they are too wide, or have bits behind their prefix, and say what would be right', () => {
    expect(range('10.0.0.0/7')).toMatch(/wider than \/8/);
    expect(range('0.0.0.0/0')).toMatch(/wider/);
    expect(range('2000::/3')).toMatch(/wider than \/16/);
    expect(range('192.0.2.7/24')).toMatch(/range that holds it is 192\.0\.2\.0\/24/);
    expect(range('2001:db8::1/64')).toMatch(/range that holds it is 2001:db8::\/64/);
    expect(range('192.0.2.0/33')).toMatch(/longer than 32 bits/);
    expect(range('::ffff:192.0.2.1')).toMatch(/IPv4 address written as IPv6/);
    for (const none of ['', '/', '192.0.2', '192.0.2.01', '192.0.2.0/', '192.0.2.0/+8', '192.0.2.0/08', 'fe80::1%eth0'])
      expect(range(none)).toMatch(/is no IPv4 or IPv6/);
    for (const none of ['::1::', '1:2:3:4:5:6:7', 'a.example', '192.0.2.0-192.0.2.9', '300.1.1.1', '[::1]'])
      expect(range(none)).toMatch(/is no IPv4 or IPv6/);
  });

  it('read as they are written, whatever the address', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string({ maxLength: 40 })), (text) => {
        const read = readRule(`ip:${text}`);
        if ('refused' in read) return;
        expect(read.rule.kind).toBe(MatchRuleKind.IP_RANGE);
        expect(readRule(writeRule(read.rule))).toEqual(read);
        expect(readIpRange(read.rule.value)).toEqual(read);
      }),
      { numRuns: 1000 },
    );
  });
});
