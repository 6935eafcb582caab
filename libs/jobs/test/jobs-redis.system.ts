import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { provideSetting } from '#kernel';
import { requires, startRedis, testApp, type TestRedis } from '#testkit';
import { randomBytes } from 'node:crypto';
import { jobsConformance } from './conformance/jobs-conformance.js';
import { BlocklistModule } from './conformance/test-services.js';

let redis: TestRedis;

requires({ redis: true })('a place for jobs', () => {
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());
  beforeEach(() => provideSetting('JOBS_BACKEND', 'redis'));
  afterEach(() => {
    provideSetting('JOBS_BACKEND', '');
    provideSetting('REDIS_URL', '');
  });

  jobsConformance('Redis', describe, async () => {
    provideSetting('REDIS_URL', redis.url);
    provideSetting('REDIS_PREFIX', `test-${randomBytes(6).toString('hex')}`);
    return { boot: (module) => testApp({ imports: [module] }), empty: () => redis.flush() };
  });

  it('is refused at the start where it is not named', async () => {
    await expect(testApp({ imports: [BlocklistModule] })).rejects.toMatchObject({
      code: 'settings.missing',
      details: { field: 'GNOMON_REDIS_URL' },
    });
  });
});
