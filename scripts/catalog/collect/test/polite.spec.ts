import { describe, expect, it } from '@jest/globals';
import { isPublicAddress } from '../address.js';
import { Pace } from '../pace.js';
import { robotsAllow } from '../robots.js';

describe('the pace', () => {
  it('keeps the rate over all hosts and the pause of each', async () => {
    let now = 0;
    const sent: [string, number][] = [];
    const waits: number[] = [];
    const pace = new Pace(
      { requestsPerSecond: 10, hostPauseMs: 1_000 },
      () => now,
      async (ms) => void waits.push(ms),
    );
    for (const host of ['a', 'a', 'b', 'c']) {
      waits.length = 0;
      await pace.turn(host);
      sent.push([host, now + (waits[0] ?? 0)]);
    }
    expect(sent).toEqual([
      ['a', 0],
      ['a', 1_000],
      ['b', 1_100],
      ['c', 1_200],
    ]);
    now = 10_000;
    waits.length = 0;
    await pace.turn('a');
    expect(waits).toEqual([]);
  });
});

describe('robots.txt', () => {
  const text = [
    'User-agent: other',
    'Disallow: /',
    '',
    'User-agent: Gnomon-Collector # us',
    'User-agent: friend',
    'Disallow: /private',
    'Allow: /private/open',
    'Disallow: /*.php$',
    '',
    'User-agent: *',
    'Disallow: /',
  ].join('\r\n');

  it('obeys the group that names the agent, else the one for all', () => {
    const ours = (path: string) => robotsAllow(text, 'gnomon-collector/1.0 (x)', path);
    expect(['/', '/private/x', '/private/open/x', '/a.php', '/a.php5'].map(ours)).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
    expect(robotsAllow(text, 'somebody', '/')).toBe(false);
    expect(robotsAllow('User-agent: *\nDisallow:\n', 'x', '/')).toBe(true);
    expect(robotsAllow('<html>', 'x', '/')).toBe(true);
  });
});

describe('addresses', () => {
  it('are public or not', () => {
    for (const address of ['8.8.8.8', '93.184.216.34', '2606:4700::1111'])
      expect([address, isPublicAddress(address)]).toEqual([address, true]);
    for (const address of [
      ...[
        '0.0.0.0',
        '10.0.0.1',
        '100.64.0.1',
        '127.8.8.8',
        '169.254.169.254',
        '172.31.255.255',
        '192.168.1.1',
        '224.0.0.1',
      ],
      ...[
        '255.255.255.255',
        '::',
        '::1',
        '::ffff:8.8.8.8',
        '64:ff9b::a00:1',
        '2002:a00:1::',
        'fc00::1',
        'fe80::1',
        'ff02::1',
      ],
      ...['localhost', ''],
    ]) {
      expect([address, isPublicAddress(address)]).toEqual([address, false]);
    }
  });
});
