import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Metrics } from '#kernel';
import { RedisLink } from '#redis';
import { eventually, requires, startRedis, type TestRedis } from '#testkit';
import { Redis } from 'ioredis';
import { setTimeout as sleep } from 'node:timers/promises';

jest.setTimeout(30_000);

requires({ redis: 'own' })('a connection to Redis', () => {
  let redis: TestRedis;
  let link: RedisLink | undefined;
  let lines: string[];
  const metrics = new Metrics();

  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(() => {
    lines = [];
    for (const level of ['log', 'warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void lines.push(String(line)));
      jest.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts.join(' ')));
    }
  });
  afterEach(() => {
    link?.close();
    jest.restoreAllMocks();
  });

  const connect = (url: string): RedisLink =>
    (link = new RedisLink({ url, use: 'test', meanwhile: 'nothing happens', metrics, silenceMs: 500 }));
  const connected = async (): Promise<number | undefined> =>
    (await metrics.gauge({ name: 'gnomon_redis_connected', help: '' }).get()).values[0]?.value;

  it('says once that Redis is gone, however often it tries, and once that it is back', async () => {
    connect(redis.url);
    await eventually(() => expect(link!.failure).toBeUndefined());
    expect(await connected()).toBe(1);
    await redis.kill();
    await eventually(() => expect(link!.failure).toBeDefined());
    await sleep(2_000);
    expect(lines.length).toBeLessThanOrEqual(2);
    for (const line of lines)
      expect(line).toMatch(/^Redis \(test\) cannot be reached: (Error: )?(the connection|connect|read) /);
    lines.length = 0;
    expect(link!.health()).toEqual({ ready: true, reason: 'Redis cannot be reached: nothing happens' });
    expect(await connected()).toBe(0);
    await redis.restart();
    await eventually(() => expect(link!.failure).toBeUndefined());
    expect(lines).toEqual(['Redis (test) is there again']);
  });

  it('gives up a connection on which an answer stays out, and finds back', async () => {
    connect(redis.url);
    await eventually(() => expect(link!.failure).toBeUndefined());
    process.kill(redis.pid!, 'SIGSTOP');
    try {
      link!.client.ping().catch(() => undefined);
      await eventually(() => expect(link!.failure).toMatch(/timeout/i));
    } finally {
      process.kill(redis.pid!, 'SIGCONT');
    }
    await eventually(() => expect(link!.failure).toBeUndefined());
  });

  it('uses the password of the URL, and never shows it', async () => {
    const admin = new Redis(redis.url);
    await admin.config('SET', 'requirepass', 'sesame-open');
    const url = new URL(redis.url);
    try {
      url.password = 'open-barley';
      connect(url.href);
      await eventually(() => expect(link!.failure).toMatch(/WRONGPASS/));
      link!.close();
      url.password = 'sesame-open';
      connect(url.href);
      await eventually(() => expect(link!.failure).toBeUndefined());
      expect(lines.join()).toContain('WRONGPASS');
      expect(lines.join()).not.toMatch(/barley|sesame/);
    } finally {
      await admin.config('SET', 'requirepass', '');
      admin.disconnect();
    }
  });
});
