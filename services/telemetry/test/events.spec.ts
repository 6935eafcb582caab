import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UsageAction, UsageEventKind, UsageEventSchema } from '#contracts';
import { isRejection, readJsonEvent, readProtoEvent } from '../src/domain/events/event-reader.js';
import { HOST_PROBLEMS, readHost, splitUrl } from '../src/domain/events/host.js';
import { observationOf, usageEventOf, type Observation } from '../src/domain/events/observation.js';
import { cleaned, readAddress } from '../src/domain/events/text.js';
import { agentBounds, anyMicros, timeProblem } from '../src/domain/events/time.js';

const NOW = Date.parse('2026-01-15T12:00:00Z') * 1000;
const BOUNDS = agentBounds(NOW);
const GOOD = { time: '2026-01-15T11:59:59.000001Z', host: 'chatgpt.com' };

describe('readHost', () => {
  it.each([
    ['ChatGPT.com', 'chatgpt.com'],
    ['chatgpt.com.', 'chatgpt.com'],
    ['chatgpt.com:8443', 'chatgpt.com'],
    [' a_b.example ', 'a_b.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
  ])('reads %s as %s', (raw, host) => {
    expect(readHost(raw)).toEqual({ host });
  });

  it.each([
    ['', 'missing'],
    ['.', 'missing'],
    ['10.0.0.1', 'address'],
    ['10.0.0.1:80', 'address'],
    ['[2001:db8::1]:443', 'address'],
    ['2001:db8::1', 'address'],
    ['fe80::1%eth0', 'address'],
    ['4.3.2.1.in-addr.arpa', 'reverse'],
    ['8.b.d.0.1.0.0.2.ip6.arpa', 'reverse'],
    ['wpad', 'local'],
    ['*', 'local'],
    ['printer [00:11:22:33:44:55]._http._tcp.local', 'local'],
    ['a..b', 'malformed'],
    ['.a.b', 'malformed'],
    ['a b.example', 'malformed'],
    ['a.example:port', 'malformed'],
    [`${'x'.repeat(64)}.example`, 'malformed'],
    [`${'x.'.repeat(130)}example`, 'malformed'],
    ['\ufffd.example', 'malformed'],
  ] as const)('says of %j that it is %s', (raw, problem) => {
    expect(readHost(raw)).toEqual({ problem });
  });

  it('never throws, and what it gives is a lower-case ASCII name that stays as it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.string({ unit: 'binary' }), fc.webUrl()), (raw) => {
        const read = readHost(raw);
        if (read.problem) expect(HOST_PROBLEMS[read.problem]).toBeDefined();
        else expect([readHost(read.host), /^[a-z0-9._-]{1,253}$/.test(read.host)]).toEqual([{ host: read.host }, true]);
      }),
    );
  });
});

describe('splitUrl', () => {
  it.each([
    ['http://a.example/b/c?d=e#f', 'a.example', '/b/c'],
    ['https://user:pa@ss@a.example:8080', 'a.example:8080', ''],
    ['a.example:443', 'a.example:443', ''],
    ['http://a.example?x=http://b.example/', 'a.example', ''],
  ])('splits %s', (url, host, path) => {
    expect(splitUrl(url)).toEqual({ host, path });
  });
});

describe('times', () => {
  it.each([
    ['2026-01-15T12:00:00Z', NOW],
    ['2026-01-15t12:00:00.5z', NOW + 500_000],
    ['2026-01-15T13:00:00.123456789+01:00', NOW + 123_456],
    [NOW / 1e6, NOW],
    [NOW / 1e3, NOW],
    [1_768_478_400.865716, NOW + 865_716],
    ['1768478400.000001', NOW + 1],
  ])('reads %j', (value, micros) => {
    expect(anyMicros(value)).toBe(micros);
  });

  it.each([
    ['2026-13-45T12:00:00Z'],
    ['2026-02-30T12:00:00Z'],
    ['2026-01-15T12:00:00'],
    ['2026-01-15T12:00:00.Z'],
    ['2026-01-15T12:00:00Zx'],
    ['2026-01-15T12:00:00+0100'],
    ['2026-01-15'],
    [''],
    ['NaN'],
    [null],
    [{}],
    [Number.NaN],
    ['1e9'],
    ['0x10'],
  ])('refuses %j', (value) => {
    expect(timeProblem(anyMicros(value), BOUNDS)).toBe('not a time');
  });

  it('believes agents for 90 days back and one day ahead', () => {
    const day = 86_400_000_000;
    expect([NOW - 90 * day, NOW + day].map((micros) => timeProblem(micros, BOUNDS))).toEqual([undefined, undefined]);
    expect(timeProblem(NOW - 90 * day - 1, BOUNDS)).toBe('too long ago');
    expect(timeProblem(NOW + day + 1, BOUNDS)).toBe('in the future');
    expect(timeProblem(anyMicros(Number.POSITIVE_INFINITY), BOUNDS)).toBe('in the future');
    expect(timeProblem(anyMicros(-1), BOUNDS)).toBe('too long ago');
  });
});

describe('readAddress', () => {
  it.each(['10.0.0.1', '255.255.255.255', '::1', '2001:db8::1', '::ffff:10.0.0.1', 'fe80::1%eth0'])(
    'takes %s',
    (text) => {
      expect(readAddress(text)).toBe(text);
    },
  );
  it.each(['', '10.0.0.256', '10.0.0', 'host', ':', '1:2', 'g::1', '1:2:3:4:5:6:7:8:9:10'])('refuses %j', (text) => {
    expect(readAddress(text)).toBeUndefined();
  });
});

describe('usage events', () => {
  it('says the same of an event in JSON and in protobuf', () => {
    const json = readJsonEvent(
      { ...GOOD, kind: 'dns', user: ' alice ', bytesUp: 7, action: 'BLOCKED', path: '/a?b' },
      BOUNDS,
    );
    const message = create(UsageEventSchema, {
      time: { seconds: BigInt(NOW / 1e6 - 1), nanos: 1_000 },
      kind: UsageEventKind.DNS,
      host: 'chatgpt.com',
      user: 'alice',
      bytesUp: 7n,
      action: UsageAction.BLOCKED,
      path: '/a',
    });
    expect(isRejection(json)).toBe(false);
    expect(readProtoEvent(fromBinary(UsageEventSchema, toBinary(UsageEventSchema, message)), BOUNDS)).toEqual(json);
  });

  it('takes the kind from what is there, and knows every spelling', () => {
    expect(readJsonEvent(GOOD, BOUNDS)).toMatchObject({ kind: UsageEventKind.NETWORK, action: UsageAction.ALLOWED });
    expect(readJsonEvent({ time: GOOD.time, bundle_id: 'com.example.ai' }, BOUNDS)).toMatchObject({
      kind: UsageEventKind.PROCESS,
      bundleId: 'com.example.ai',
    });
    for (const kind of ['dns', 'DNS', 'USAGE_EVENT_KIND_DNS', 2]) {
      expect(readJsonEvent({ ...GOOD, kind }, BOUNDS)).toMatchObject({ kind: UsageEventKind.DNS });
    }
    expect(readJsonEvent({ ...GOOD, kind: 'DNS ' }, BOUNDS)).toMatchObject({ field: 'kind' });
    expect(readJsonEvent({ ...GOOD, kind: 9 }, BOUNDS)).toMatchObject({ field: 'kind' });
  });

  it('survives the event log unchanged', () => {
    const text = fc.string({ maxLength: 20 }).map((value) => cleaned(value, 20));
    const observation: fc.Arbitrary<Observation> = fc.record({
      timeMicros: fc.integer({ min: 0, max: 8e15 }),
      kind: fc.constantFrom(UsageEventKind.NETWORK, UsageEventKind.DNS),
      host: fc.domain(),
      path: text,
      user: text,
      sourceIp: fc.ipV4(),
      bytesUp: fc.integer({ min: 0, max: 2 ** 40 }),
      bytesDown: fc.integer({ min: 0, max: 2 ** 40 }),
      action: fc.constantFrom(UsageAction.ALLOWED, UsageAction.BLOCKED),
      process: text,
      bundleId: text,
    });
    fc.assert(
      fc.property(observation, (event) => {
        const bytes = toBinary(UsageEventSchema, usageEventOf(event));
        expect(observationOf(fromBinary(UsageEventSchema, bytes))).toEqual(event);
      }),
    );
  });

  it('never throws on anything, and what it accepts can be stored', () => {
    const field = fc.oneof(
      fc.anything(),
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.constant(GOOD.time),
      fc.constant('chatgpt.com'),
    );
    const fields = fc.dictionary(
      fc.constantFrom('time', 'kind', 'host', 'user', 'sourceIp', 'bytesUp', 'action', 'process', 'path'),
      field,
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fields,
          fields.map((more) => ({ ...GOOD, ...more })),
        ),
        (value) => {
          const result = readJsonEvent(value, BOUNDS);
          if (isRejection(result)) return;

          expect(/[\u0000-\u001f]/.test(result.user)).toBe(false);
          expect(Number.isSafeInteger(result.timeMicros) && Number.isSafeInteger(result.bytesUp)).toBe(true);
          usageEventOf(result);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
