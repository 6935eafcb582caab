import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { wireBytes } from '../src/wire-bytes.js';

const LIMITS = { maxBytes: 1_000, minBytes: 10, windowMs: 200 };

/** A sender that delivers so many bytes at a time, so often, with a pause before each. */
async function* sender(bytes: number, times: number, pauseMs: number): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < times; sent += 1) {
    await delay(pauseMs);
    yield Buffer.alloc(bytes);
  }
}

async function total(source: AsyncIterable<Buffer>, workMs = 0): Promise<number> {
  let sum = 0;
  for await (const chunk of wireBytes(source, LIMITS)) {
    sum += chunk.length;
    if (workMs > 0) await delay(workMs);
  }
  return sum;
}

describe('the bytes of a log file as they are sent', () => {
  it('end at a sender that trickles, however steadily', async () => {
    await expect(total(sender(1, 1_000, 50))).rejects.toMatchObject({ statusCode: 408 });
  });

  it('end at a sender that is silent, also after a good start', async () => {
    async function* silent(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(100);
      await delay(30_000, undefined, { ref: false });
    }
    await expect(total(silent())).rejects.toMatchObject({ statusCode: 408 });
  });

  it('go on for as long as the sender moves', async () => {
    expect(await total(sender(20, 15, 50))).toBe(300);
  });

  it('do not count the time in which they are worked on', async () => {
    expect(await total(sender(1, 5, 0), 100)).toBe(5);
  });

  it('end at a sender that goes away or sends too much', async () => {
    async function* gone(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(1);
      throw new Error('aborted');
    }
    await expect(total(gone())).rejects.toMatchObject({ code: 'body.incomplete' });
    await expect(total(sender(600, 2, 0))).rejects.toMatchObject({ code: 'telemetry.file-too-large' });
  });
});
