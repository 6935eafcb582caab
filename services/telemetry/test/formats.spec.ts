import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UsageAction, UsageEventKind } from '#contracts';
import { fileBounds } from '../src/domain/events/time.js';
import { detectFormat, formatOf, LOG_FORMATS } from '../src/domain/formats/formats.js';
import type { LineResult } from '../src/domain/formats/log-format.js';

const BOUNDS = fileBounds(Date.parse('2026-01-15T12:00:00Z') * 1000);

function sample(name: string): string[] {
  return readFileSync(path.join(import.meta.dirname, 'samples', name), 'utf8').split('\n');
}

function parse(id: string, lines: readonly string[]): LineResult[] {
  const parser = formatOf(id)!.parser(BOUNDS);
  return lines.map((line, index) => parser.line(line, index + 1));
}

/** Host, skip reason or `field: error`, or nothing for what is no record. */
function told(result: LineResult): string {
  if (!result) return '';
  if ('event' in result) return result.event.host || result.event.process;
  return 'skip' in result ? `skip ${result.skip}` : `${result.field}: ${result.error}`;
}

function eventOf(result: LineResult | undefined) {
  if (!result || !('event' in result)) throw new Error(`not an event: ${told(result)}`);
  return result.event;
}

describe('detection', () => {
  it.each([
    ['squid.log', 'squid-native'],
    ['zeek-ssl.log', 'zeek-tsv'],
    ['zeek-dns-http.log', 'zeek-tsv'],
    ['zeek.json', 'zeek-json'],
    ['gnomon.jsonl', 'json-lines'],
  ])('knows %s as %s', (name, id) => {
    expect(detectFormat(sample(name))?.id).toBe(id);
  });

  it.each([[[]], [['']], [['hello world', 'GET / HTTP/1.1']], [['{"a":1}']], [['\u0000\u0001\ufffd']]])(
    'knows nothing of %j',
    (lines) => {
      expect(detectFormat(lines)).toBeUndefined();
    },
  );
});

describe('Squid native', () => {
  const results = parse('squid-native', sample('squid.log'));

  it('reads, skips and refuses line by line', () => {
    expect(results.map(told)).toEqual([
      'chatgpt.com',
      'claude.ai',
      'skip proxy asked for a login',
      'wiki.example.org',
      'skip address instead of a host name',
      'skip no host name',
      ': fewer than 7 fields',
      'news.example.com',
      'time: not a time',
      'bytes: not a count of bytes',
      '',
    ]);
  });

  it('keeps who, when, how much and what came of it, and no query', () => {
    expect(eventOf(results[0])).toEqual({
      timeMicros: 1_736_935_200_123_000,
      kind: UsageEventKind.NETWORK,
      host: 'chatgpt.com',
      path: '',
      user: 'alice@example.com',
      sourceIp: '10.20.0.11',
      bytesUp: 0,
      bytesDown: 5071,
      action: UsageAction.ALLOWED,
      process: '',
      bundleId: '',
    });
    expect(eventOf(results[1]).action).toBe(UsageAction.BLOCKED);
    expect(eventOf(results[3])).toMatchObject({ path: '/a/b', user: '', sourceIp: '2001:db8::7' });
    expect(eventOf(results[7]).user).toBe('CORP\\dana');
  });
});

describe('Zeek, tab-separated', () => {
  it('reads an ssl log with its columns in any order', () => {
    const results = parse('zeek-tsv', sample('zeek-ssl.log'));
    expect(results.map(told).slice(7)).toEqual([
      'chatgpt.com',
      'skip no host name',
      'skip address instead of a host name',
      'xn--bcher-kva.example',
      ': has not as many values as #fields names',
      'ts: not a time',
      '',
      '',
    ]);
    expect(eventOf(results[7]).timeMicros).toBe(1_736_935_200_865_716);
    expect(eventOf(results[10])).toMatchObject({ timeMicros: 1_736_935_203_000_001, sourceIp: '2001:db8::1' });
  });

  it('takes a new header in the middle, and reads dns and http rows as what they are', () => {
    const results = parse('zeek-tsv', sample('zeek-dns-http.log'));
    expect(results.map(told).filter(Boolean)).toEqual([
      'api.openai.com',
      'skip reverse lookup',
      'skip no host name',
      'skip name of the local network',
      'query: not a host name',
      'copilot.example.com',
      'skip no host name',
      'response_body_len: not a count of bytes',
    ]);
    expect(eventOf(results[5]).kind).toBe(UsageEventKind.DNS);
    expect(eventOf(results[13])).toMatchObject({ path: '/v1/chat', user: 'carol', bytesUp: 1200, bytesDown: 34 });
  });

  it('says of a conn log that it names no host, and of rows without a header that there is none', () => {
    expect(parse('zeek-tsv', ['#fields\tts\tconn_state', '1736935200.0\tSF']).map(told)[1]).toBe(
      'skip Zeek conn log: names no host',
    );
    expect(parse('zeek-tsv', ['a\tb']).map(told)).toEqual([': comes before a #fields header']);
  });
});

describe('Zeek, JSON', () => {
  it('reads numbers, milliseconds and ISO times, flat and nested ids', () => {
    const results = parse('zeek-json', sample('zeek.json'));
    expect(results.map(told)).toEqual([
      'chatgpt.com',
      'claude.ai',
      'wiki.example.org',
      'skip Zeek conn log: names no host',
      'skip no host name',
      ': not a JSON object',
      '',
    ]);
    expect(eventOf(results[0]).timeMicros).toBe(1_736_935_200_615_923);
    expect(eventOf(results[1])).toMatchObject({ kind: UsageEventKind.DNS, sourceIp: '10.20.0.12' });
    expect(eventOf(results[2])).toMatchObject({
      timeMicros: 1_736_935_202_500_250,
      path: '/a',
      user: 'erin',
      bytesDown: 4705,
    });
  });
});

describe('our own JSON lines', () => {
  it('reads events as a batch holds them', () => {
    const results = parse('json-lines', sample('gnomon.jsonl'));
    expect(results.map(told)).toEqual([
      'chatgpt.com',
      'claude.ai',
      'Ollama.exe',
      '',
      'time: not a time',
      'bytesUp: not a whole number from 0 to 1099511627776',
      'skip address instead of a host name',
      ': not a JSON object',
      '',
    ]);
    expect(eventOf(results[0])).toMatchObject({ timeMicros: 1_736_931_600_123_456, bytesUp: 1200, bytesDown: 88_000 });
    expect(eventOf(results[1])).toMatchObject({ action: UsageAction.BLOCKED, sourceIp: '2001:db8::1' });
    expect(eventOf(results[2])).toMatchObject({ kind: UsageEventKind.PROCESS, host: '', user: 'bob' });
  });
});

describe.each(LOG_FORMATS.map((format) => [format.id, format] as const))('%s and hostile lines', (id, format) => {
  const good = {
    'squid-native': sample('squid.log')[0]!,
    'zeek-tsv': sample('zeek-ssl.log')[7]!,
    'zeek-json': sample('zeek.json')[0]!,
    'json-lines': sample('gnomon.jsonl')[0]!,
  }[id]!;
  const header = id === 'zeek-tsv' ? sample('zeek-ssl.log').slice(0, 7) : [];
  const mutated = fc
    .tuple(fc.nat(good.length), fc.nat(12), fc.string({ unit: 'binary', maxLength: 12 }))
    .map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
  const hostile = fc.oneof(
    mutated,
    fc.string({ unit: 'binary' }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('utf8')),
    fc.json(),
  );

  it('never throws, counts reasons by constant texts, and loses no neighbour', () => {
    const reasons = new Set<string>();
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 8 }), (lines) => {
        // A line that looks like a Zeek header is one: it may well change how the next line is read.
        const kept = lines.filter((line) => !line.startsWith('#'));
        const parser = format.parser(BOUNDS);
        for (const line of header) parser.line(line, 0);
        for (const line of kept) {
          const result = parser.line(line, 1);
          if (result && 'skip' in result) reasons.add(result.skip);
          if (result && 'error' in result) reasons.add(result.error);
          if (result && 'event' in result) expect(result.event.timeMicros).toBeLessThanOrEqual(BOUNDS.latestMicros);
          expect(eventOf(parser.line(good, 2)).host).toBe('chatgpt.com');
        }
        expect(format.detect(kept)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 300 },
    );
    expect(reasons.size).toBeLessThan(30);
  });
});
