import { createTestDatabase, testPostgresUrl } from '#testkit';
import path from 'node:path';
import { SERVICES, type Member, type World } from './conformance/world.js';
import { migrateMember, openMember, type PostgresConnection } from './postgres-world.js';

export interface PostgresWorld extends World {
  readonly url: string;
}

/** A fresh log on Postgres, in a database of its own. */
export async function makePostgresWorld(
  services = SERVICES,
  redis?: PostgresConnection['redis'],
): Promise<PostgresWorld> {
  const url = testPostgresUrl(await createTestDatabase());
  const connection: PostgresConnection = { url, redis };
  const members = new Set<Member>();
  const open: World['open'] = async (options) => {
    const member = await openMember({ ...options, connection });
    members.add(member);
    return member;
  };
  for (const service of services) await migrateMember(await open({ service }));
  return {
    url,
    open,
    maintain: (member, now) => member.log.maintain(now),
    upkeep: { segmentBytes: 0, sparesTheTail: false },
    child: { module: path.resolve('libs/event-log/test/postgres-world.ts'), connection },
    close: async () => void (await Promise.all([...members].map((member) => member.close()))),
  };
}
