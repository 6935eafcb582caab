import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import { TelemetryBatchSchema } from '#contracts';

/** Numbers and picks that are the same in every run. */
export class Seeded {
  constructor(private state: number) {}

  /** 0 to 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)));
  }
}

const TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x'.repeat(70_000),
  "'; DROP TABLE device; --",
  '../../../../etc/passwd',
  '%00%ff%zz',
  '<script>alert(1)</script>',
  '\u202e\u0007\u001b[2J',
  'ÿ💥',
  '__proto__',
  'constructor',
  '-1',
  '1e999',
  'NaN',
  '00000000-0000-0000-0000-000000000000',
  'gne_00000000-0000-7000-8000-000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
  '9999-12-31T23:59:59.999-23:59',
  'nasty.example',
  '[::1]:99999',
];
const NUMBERS = [0, -1, 1, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324, 0.1, 4_294_967_296];
/** The names that the product's bodies have, and some that ought to have none. */
const NAMES = [
  'secret',
  'name',
  'os',
  'agentVersion',
  'sequence',
  'events',
  'time',
  'host',
  'kind',
  'user',
  'sourceIp',
  'bytesUp',
  'path',
  'process',
  'action',
  'revision',
  'status',
  'error',
  'query',
  'variables',
  'operationName',
  'extensions',
  '__proto__',
  'constructor',
  'toString',
  '',
];
const QUERIES = [
  '{ me { id } }',
  '{ apps(first: 1) { totalCount } }',
  '{',
  '{ nothing }',
  'query($first: Int!) { apps(first: $first) { totalCount } }',
  'subscription { incidentChanged { cursor } }',
  'mutation { tagApp(input: { appId: "x", tag: MONITORED }) { __typename } }',
  `{ ${'a'.repeat(20_000)} }`,
  '{ me { ...a } } fragment a on Me { ...b } fragment b on Me { ...a }',
];

export function nastyText(random: Seeded): string {
  return random.chance(0.8) ? random.pick(TEXTS) : random.bytes(random.below(60)).toString('latin1');
}

function nastyValue(random: Seeded, depth: number): unknown {
  const kind = random.below(depth > 0 ? 8 : 6);
  if (kind < 2) return nastyText(random);
  if (kind === 2) return random.pick(NUMBERS);
  if (kind < 5) return random.pick([null, true, false, [], {}]);
  if (kind === 5) return random.pick(QUERIES);
  if (kind === 6) return Array.from({ length: random.below(4) }, () => nastyValue(random, depth - 1));
  return nastyObject(random, depth - 1);
}

function nastyObject(random: Seeded, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: random.below(7) }, () => [random.pick(NAMES), nastyValue(random, depth)]),
  );
}

/** Something like an event: well-formed JSON, and hardly a field that is right. */
function nastyEvent(random: Seeded): unknown {
  if (random.chance(0.2)) return nastyValue(random, 2);
  const time = random.chance(0.7) ? new Date().toISOString() : nastyValue(random, 0);
  const host = random.chance(0.6) ? 'nasty.example' : nastyValue(random, 0);
  return { time, host, ...nastyObject(random, 1) };
}

function nastyBatch(random: Seeded): unknown {
  const events = Array.from({ length: random.below(5) }, () => nastyEvent(random));
  return { sequence: random.chance(0.7) ? 1 + random.below(1e9) : nastyValue(random, 0), events };
}

function nastyProtobuf(random: Seeded): Buffer {
  const text = (): string => nastyText(random).replace(/\p{Cs}/gu, '?');
  const event = { time: timestampNow(), host: text(), path: text(), user: text(), process: text(), bundleId: text() };
  const events = [event, { ...event, host: 'nasty.example', bytesUp: 2n ** 64n - 1n, kind: random.below(9) }];
  const bytes = toBinary(TelemetryBatchSchema, create(TelemetryBatchSchema, { sequence: 2n ** 63n, events }));
  // Some bytes off, or the end missing.
  for (let n = random.below(4); n > 0; n -= 1) bytes[random.below(bytes.length)] = random.below(256);
  return Buffer.from(bytes.subarray(0, random.chance(0.5) ? bytes.length : random.below(bytes.length)));
}

function nastyLog(random: Seeded): Buffer {
  const line = (): string =>
    random.pick([
      '1700000000.123 120 10.0.0.1 TCP_TUNNEL/200 5120 CONNECT nasty.example:443 ann HIER_DIRECT/192.0.2.1 -',
      '#separator \\x09',
      '#fields\tts\tuid\tid.orig_h\tserver_name',
      '{"ts":1700000000,"query":"nasty.example","id.orig_h":"10.0.0.1"}',
      '{"ts":',
      nastyText(random),
    ]);
  return Buffer.from(Array.from({ length: random.below(80) }, line).join(random.pick(['\n', '\r\n', '\0'])));
}

const ZIP_BOMB = gzipSync(gzipSync(Buffer.alloc(20_000_000)));

/** A body of any kind: noise, almost right, cut off, packed, or a bomb. */
export function nastyBody(random: Seeded): Buffer {
  const kind = random.below(9);
  if (kind === 0) return Buffer.alloc(0);
  if (kind === 1) return random.bytes(random.below(3_000));
  if (kind === 2) return nastyProtobuf(random);
  if (kind === 3) return nastyLog(random);
  if (kind === 4) return random.chance(0.1) ? ZIP_BOMB : Buffer.from('['.repeat(random.below(100_000)));
  if (kind === 5) {
    const packed = gzipSync(nastyBody(random));
    return packed.subarray(0, random.chance(0.5) ? packed.length : random.below(packed.length));
  }
  if (kind === 6) return Buffer.from(JSON.stringify({ query: random.pick(QUERIES), ...nastyObject(random, 3) }));
  return Buffer.from(JSON.stringify(kind === 7 ? nastyBatch(random) : nastyValue(random, 4)));
}

/** Cursors like a true one, with each of its parts replaced by what a database might choke on. */
export function tamperedWith(cursor: string | null): string[] {
  const encode = (value: string): string => Buffer.from(value).toString('base64url');
  const plain = ['', '[]', '{}', 'null', '["x"]', '[1,2,3]', '"', 'x', '\0', '["a\0b"]', '99999999999999999999'];
  if (!cursor) return plain.map(encode);
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return plain.map(encode);
  }
  if (!Array.isArray(parts)) return plain.map(encode);
  const odd = [
    '',
    'x',
    'NaN',
    'Infinity',
    '-1',
    '9'.repeat(18),
    '9'.repeat(40),
    '1e400',
    '1e-400',
    '0.'.padEnd(60, '9'),
  ];
  odd.push(
    '2026-13-45 99:99:99+00',
    '2026-02-31 00:00:00+00',
    '2026-01-01 00:00:00+99',
    '0000-01-01 00:00:00Z',
    '\ud800',
  );
  const replaced = parts.flatMap((_, at) =>
    odd.map((value) => JSON.stringify(Object.assign([...(parts as unknown[])], { [at]: value }))),
  );
  return [...plain, ...replaced].map(encode);
}
