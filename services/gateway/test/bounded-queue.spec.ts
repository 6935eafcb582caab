import { describe, expect, it } from '@jest/globals';
import { BoundedQueue } from '../src/bounded-queue.js';

function queueOf(capacity: number, patienceMs = 10_000) {
  const events: string[] = [];
  const queue = new BoundedQueue<number>({
    capacity,
    patienceMs,
    onSlow: () => events.push('slow'),
    onEnd: () => events.push('end'),
  });
  return { queue, events };
}

describe('BoundedQueue', () => {
  it('hands over in order, whoever comes first', async () => {
    const { queue } = queueOf(2);
    const early = queue.next();
    await queue.push(1);
    await queue.push(2);
    await queue.push(3);
    expect([await early, await queue.next(), await queue.next()].map((each) => each.value as number)).toEqual([
      1, 2, 3,
    ]);
  });

  it('lets the writer wait while it is full', async () => {
    const { queue } = queueOf(1);
    await queue.push(1);
    let taken = false;
    const second = queue.push(2).then(() => (taken = true));
    await new Promise(setImmediate);
    expect(taken).toBe(false);
    await queue.next();
    await second;
    expect(await queue.next()).toEqual({ done: false, value: 2 });
  });

  it('gives up on a reader who takes nothing', async () => {
    const { queue, events } = queueOf(1, 5);
    await queue.push(1);
    await queue.push(2);
    expect(events).toEqual(['end', 'slow']);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });

  it('ends a reader who waits', async () => {
    const { queue, events } = queueOf(1);
    const waiting = queue.next();
    await queue.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await queue.return();
    await queue.push(1);
    expect(events).toEqual(['end']);
  });

  it('lets go of a writer who waits', async () => {
    const { queue } = queueOf(1);
    await queue.push(1);
    const waiting = queue.push(2);
    await queue.return();
    await waiting;
    expect((await queue.next()).done).toBe(true);
  });

  it('fails after what was there', async () => {
    const { queue } = queueOf(5);
    await queue.push(1);
    queue.fail(new Error('away'));
    expect((await queue.next()).value).toBe(1);
    await expect(queue.next()).rejects.toThrow('away');
    expect((await queue.next()).done).toBe(true);
  });

  it('fails a reader who waits', async () => {
    const { queue } = queueOf(5);
    const waiting = queue.next();
    queue.fail(new Error('away'));
    await expect(waiting).rejects.toThrow('away');
    expect((await queue.next()).done).toBe(true);
  });
});
