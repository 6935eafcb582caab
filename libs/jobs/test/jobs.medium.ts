import { describe } from '@jest/globals';
import { createTestDatabase, testApp, testPostgresUrl } from '#testkit';
import pg from 'pg';
import { jobsConformance } from './conformance/jobs-conformance.js';

jobsConformance('Postgres', describe, async () => {
  const database = await createTestDatabase();
  return {
    boot: (module) => testApp({ imports: [module], database }),
    empty: () => truncate(database),
  };
});

async function truncate(database: string): Promise<void> {
  const client = new pg.Client({ connectionString: testPostgresUrl(database) });
  await client.connect();
  await client.query(`DO $$
    DECLARE names text := (SELECT string_agg(format('bullmq.%I', tablename), ', ') FROM pg_tables
      WHERE schemaname = 'bullmq' AND tablename NOT LIKE '%migration%' AND tablename NOT LIKE '%schema%');
    BEGIN EXECUTE 'TRUNCATE ' || names || ' CASCADE'; END $$`);
  await client.end();
}
