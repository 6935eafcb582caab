import { describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { BlockList } from 'node:net';
import { MatchRuleKind, MatchRuleSchema } from '#contracts';
import { HostIndex, type AppRule } from '../src/index.js';
import { IpRanges } from '../src/ip-ranges.js';

function rangesOf(...ranges: string[]): IpRanges {
  const made = new IpRanges();
  ranges.forEach((range, at) => expect(made.add(range, at + 1)).toBe(true));
  return made;
}

describe('IpRanges', () => {
  it('answers with the narrowest range, of two equal ones with the first', () => {
    const ranges = rangesOf('10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '10.1.0.0/16', '0.0.0.0/0');
    expect(ranges.find('10.200.0.1')).toBe(1);
    expect(ranges.find('10.1.9.9')).toBe(2);
    expect(ranges.find('10.1.2.3')).toBe(3);
    expect(ranges.find('203.0.113.9')).toBe(5);
    expect(ranges.find('2001:db8::1')).toBe(0);
  });

  it('knows IPv6 in every spelling, and IPv4 in its IPv6 form', () => {
    const ranges = rangesOf('2001:db8::/32', '2001:db8:0:1::/64', '::ffff:192.0.2.0/120');
    expect(ranges.find('2001:DB8:0000:1::ff')).toBe(2);
    expect(ranges.find('[2001:db8:0:2::]')).toBe(1);
    expect(ranges.find('2001:db8:0:0:0:0:0:1')).toBe(1);
    expect(ranges.find('::ffff:192.0.2.77')).toBe(3);
    expect(ranges.find('::ffff:c000:24d')).toBe(3);
    expect(ranges.find('192.0.2.77')).toBe(3);
    expect(ranges.find('192.0.3.77')).toBe(0);
  });

  it('takes nothing that is no range and finds nothing for what is no address', () => {
    const ranges = rangesOf('0.0.0.0/0', '::/0');
    for (const odd of [
      '',
      '/',
      '10.0.0.0/33',
      '10.0.0/8',
      '10.0.0.0/',
      '10.0.0.0/-1',
      '::/129',
      '1:2:3/16',
      '::ffff:1.2.3.4/90',
    ])
      expect(ranges.add(odd, 9)).toBe(false);
    const noAddress = [
      '',
      '1.2.3',
      '1.2.3.4.5',
      '01.2.3.4',
      '256.1.1.1',
      '[1.2.3.4]',
      ':::',
      '1::2::3',
      '::12345',
      'fe80::1%eth0',
    ];
    for (const odd of noAddress) expect(ranges.find(odd)).toBe(0);
  });

  it('agrees with the block lists of Node', () => {
    const byte = fc.constantFrom(0, 1, 127, 128, 192, 255);
    const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join('.'));
    const group = fc.constantFrom('0', '1', 'db8', '8000', 'fffe', 'ffff');
    // Ranges that hold no IPv4 address in its IPv6 form, of which the two think differently.
    const ipv6 = fc.tuple(group, group, group, group, group).map(([a, b, c, d, e]) => `2001:${a}:${b}:${c}::${d}:${e}`);
    const v4Range = fc.tuple(ipv4, fc.integer({ min: 0, max: 32 }));
    const v6Range = fc.tuple(ipv6, fc.integer({ min: 16, max: 128 }));
    fc.assert(
      fc.property(fc.array(v4Range), fc.array(v6Range), ipv4, ipv6, (v4, v6, address4, address6) => {
        const [ranges, oracle] = [new IpRanges(), new BlockList()];
        for (const [address, length] of [...v4, ...v6]) {
          ranges.add(`${address}/${length}`, 1);
          oracle.addSubnet(address, length, address.includes(':') ? 'ipv6' : 'ipv4');
        }
        expect(ranges.find(address4) > 0).toBe(oracle.check(address4));
        expect(ranges.find(address6) > 0).toBe(oracle.check(address6, 'ipv6'));
      }),
    );
  });
});

describe('HostIndex with address ranges', () => {
  const rule = (appId: string, kind: MatchRuleKind, value: string): AppRule => ({
    appId,
    rule: create(MatchRuleSchema, { kind, value }),
  });
  const index = new HostIndex([
    rule('office', MatchRuleKind.IP_RANGE, '198.51.100.0/24'),
    rule('printer', MatchRuleKind.IP_RANGE, '198.51.100.7/32'),
    rule('lab', MatchRuleKind.IP_RANGE, '2001:db8::/48'),
    rule('vendor', MatchRuleKind.DOMAIN, 'vendor.example'),
  ]);

  it('finds the app of a host that is an address', () => {
    expect(index.match('198.51.100.9')?.appId).toBe('office');
    expect(index.match('198.51.100.7')?.appId).toBe('printer');
    expect(index.match('[2001:db8::5]')?.appId).toBe('lab');
    expect(index.match('203.0.113.1')).toBeUndefined();
    expect(index.match('eu.vendor.example')?.appId).toBe('vendor');
  });

  it('finds the app of a destination address, and no name there', () => {
    expect(index.matchAddress('2001:db8:0:ffff::1')?.appId).toBe('lab');
    expect(index.matchAddress('vendor.example')).toBeUndefined();
  });
});
