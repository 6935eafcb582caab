import { createTestDatabase, eventually, testPostgresUrl } from '#testkit';
import path from 'node:path';
import { eventLogConformance } from './conformance/conformance.js';
import { SERVICES, type Member, type World } from './conformance/world.js';
import { migrateMember, openMember } from './postgres-world.js';

eventLogConformance('Postgres', { makeWorld, eventually });

async function makeWorld(): Promise<World> {
  const connection = testPostgresUrl(await createTestDatabase());
  const members = new Set<Member>();
  const open: World['open'] = async (options) => {
    const member = await openMember({ ...options, connection });
    members.add(member);
    return member;
  };
  for (const service of SERVICES) await migrateMember(await open({ service }));
  return {
    open,
    maintain: (member, now) => member.log.maintain(now),
    child: { module: path.resolve('libs/event-log/test/postgres-world.ts'), connection },
    close: async () => void (await Promise.all([...members].map((member) => member.close()))),
  };
}
