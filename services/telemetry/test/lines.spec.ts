import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineSplitter, type Line } from '../src/domain/lines.js';
import { LogReader } from '../src/log-reader.js';

function split(chunks: readonly Buffer[], maxBytes?: number): Line[] {
  const splitter = new LineSplitter(maxBytes);
  return [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
}

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(bytes: Buffer, size = 1000, maxBytes = 1e9): Promise<{ lines: string[]; reader: LogReader }> {
  const reader = new LogReader(cut(bytes, size), maxBytes);
  const lines: string[] = [];
  for await (const chunk of reader.lines()) for (const line of chunk) lines.push(line.text);
  return { lines, reader };
}

describe('LineSplitter', () => {
  it('cuts the same lines however the bytes arrive', () => {
    const text = fc
      .array(fc.constantFrom('\n', '\r\n', 'a', 'é', '𝄞', ' ', '\r'), { maxLength: 40 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 9 }), (content, size) => {
        const bytes = Buffer.from(content);
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
          bytes.subarray(index * size, (index + 1) * size),
        );
        const expected = content.split('\n').map((line) => line.replace(/\r$/, ''));
        if (content === '' || content.endsWith('\n')) expected.pop();
        expect(split(chunks).map((line) => line.text)).toEqual(expected);
      }),
    );
  });

  it('gives the beginning of a line that is too long, and its neighbours whole', () => {
    const lines = split([Buffer.from(`one\n${'x'.repeat(600)}`), Buffer.from(`${'x'.repeat(600)}\nthree`)], 1000);
    expect(lines).toEqual([
      { number: 1, text: 'one', tooLong: false },
      { number: 2, text: 'x'.repeat(256), tooLong: true },
      { number: 3, text: 'three', tooLong: false },
    ]);
  });

  it('takes bytes that are not UTF-8 and a byte order mark', () => {
    const lines = split([Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0x0a, 0xff, 0xfe, 0x62])]);
    expect(lines.map((line) => line.text)).toEqual(['a', '\ufffd\ufffdb']);
  });
});

describe('LogReader', () => {
  const plain = Buffer.from(Array.from({ length: 5_000 }, (_, index) => `line ${index} ${Math.sin(index)}`).join('\n'));
  const expected = plain.toString().split('\n');

  it.each([1, 2, 3, 1000, 1e6])('knows gzip by its first bytes, in pieces of %d', async (size) => {
    const bytes = gzipSync(plain);
    if (size === 1) expect((await read(bytes.subarray(0), 7)).lines).toEqual(expected);
    expect((await read(bytes, size)).lines).toEqual(expected);
  });

  it('reads a file without gzip, gzip twice, and members one after the other', async () => {
    expect((await read(plain)).lines).toEqual(expected);
    expect((await read(gzipSync(gzipSync(plain)))).lines).toEqual(expected);
    const members = Buffer.concat([gzipSync(Buffer.from('a\n')), gzipSync(Buffer.from('b\n'))]);
    expect((await read(members)).lines).toEqual(['a', 'b']);
    expect((await read(Buffer.alloc(0))).lines).toEqual([]);
  });

  it('keeps what came before the place where gzip is cut off or damaged, and says so', async () => {
    const bytes = gzipSync(plain);
    const { lines, reader } = await read(bytes.subarray(0, bytes.length - 2_000));
    expect(reader.damage).toMatch(/cut off/);
    expect(lines.length).toBeGreaterThan(1_000);
    expect(lines.slice(0, -1)).toEqual(expected.slice(0, lines.length - 1));
    const broken = Buffer.from(bytes);
    broken.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 50);
    const damaged = await read(broken);
    expect(damaged.reader.damage).toBeDefined();
    expect(damaged.lines.length).toBeGreaterThan(100);
  });

  it('never throws on random bytes behind a gzip head', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        await read(Buffer.concat([Buffer.from([0x1f, 0x8b]), bytes]), 13);
      }),
      { numRuns: 100 },
    );
  });

  it('stops at the limit of inflated bytes in each of two layers', async () => {
    const nothing = gzipSync(Buffer.alloc(0));
    const wrapped = gzipSync(Buffer.concat(Array.from({ length: 10_000 }, () => nothing)));
    expect((await read(wrapped, 1000, 1e6)).lines).toEqual([]);
    await expect(read(wrapped, 1000, 1e5)).rejects.toMatchObject({ code: 'telemetry.file-too-large' });
  });

  it('stops at the limit of inflated bytes', async () => {
    await expect(read(gzipSync(Buffer.alloc(1e6, 'a\n')), 1000, 1e5)).rejects.toMatchObject({
      code: 'telemetry.file-too-large',
    });
  });
});
