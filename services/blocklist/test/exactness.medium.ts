import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { AppChangedSchema, AppTagChangedSchema, DeviceChangedSchema, Tag } from '#contracts';
import { newId } from '#kernel';
import { eventually } from '#testkit';
import type { Database, Tx } from '#database';
import { BlocklistService } from '../src/blocklist.service.js';
import type { TaggedApp } from '../src/domain/claim.js';
import { compile } from '../src/domain/compile.js';
import { contentOf, rulesOf } from '../src/domain/content.js';
import { readManifest } from '../src/domain/sign.js';
import { Publisher } from '../src/publisher.js';
import { ruleOf, type RuleText } from './builders.js';
import { World } from './world.js';

/*
 * Random changes, many at a time, in transactions that really run side by side. Each thing changes once in a wave, so
 * that the order of the wave does not matter for what must come out.
 */
type Step =
  | { kind: 'tag'; tenant: number; app: string; tag: Tag }
  | { kind: 'app'; tenant: number | 'global'; app: string; rules: RuleText[] | 'removed' }
  | { kind: 'device'; tenant: number; group: string };

const APPS = ['p', 'q', 'r', 's'];
const RULES: RuleText[] = [
  'domain:a.com',
  'host:a.com',
  'host:x.a.com',
  'suffix:a.com',
  'domain:b.com',
  'path:b.com/x',
  'domain:co.uk',
];
const tenant = fc.nat({ max: 1 });
const app = fc.constantFrom(...APPS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('tag' as const), tenant, app, tag: fc.constantFrom(0, 1, 2, 2, 3) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('app' as const),
      tenant: fc.oneof(tenant, fc.constant('global' as const)),
      app,
      rules: fc.oneof(fc.constant('removed' as const), fc.subarray(RULES), fc.subarray(RULES)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('device' as const), tenant, group: fc.constantFrom('g1', 'g2') }),
  },
);
const wave = fc.uniqueArray(step, {
  selector: (each) => `${each.kind} ${each.tenant} ${each.kind === 'device' ? each.group : each.app}`,
  minLength: 1,
  maxLength: 8,
});

class Model {
  readonly tenants = [newId(), newId()];
  readonly tags = new Map<string, Tag>();
  readonly apps = new Map<string, RuleText[]>();
  readonly groups = this.tenants.map(() => new Set<string>());
  readonly prefix = newId();

  idOf(name: string): string {
    return `${this.prefix}-${name}`;
  }

  tenantOf(which: number | 'global'): string {
    return which === 'global' ? '' : this.tenants[which]!;
  }

  take(each: Step): void {
    if (each.kind === 'tag') this.tags.set(`${each.tenant} ${each.app}`, each.tag);
    if (each.kind === 'device') this.groups[each.tenant]!.add(each.group);
    if (each.kind === 'app' && each.rules === 'removed') this.apps.delete(`${each.tenant} ${each.app}`);
    else if (each.kind === 'app') this.apps.set(`${each.tenant} ${each.app}`, each.rules as RuleText[]);
  }

  tagged(which: number): TaggedApp[] {
    return APPS.flatMap((name): TaggedApp[] => {
      const tag = this.tags.get(`${which} ${name}`) ?? Tag.UNSPECIFIED;
      const rules = this.apps.get(`${which} ${name}`) ?? this.apps.get(`global ${name}`);
      if (tag === Tag.UNSPECIFIED) return [];
      const entry = rules && { name, rules: rules.map(ruleOf) };
      return [{ appId: this.idOf(name), tag, ...(entry ? { entry } : {}) }];
    });
  }
}

let world: World;
let service: BlocklistService;
let publisher: Publisher;
let database: Database;

beforeAll(async () => {
  world = await World.open();
  service = world.app.get(BlocklistService);
  publisher = world.app.get(Publisher);
  database = (service as unknown as { database: Database }).database;
});
afterAll(() => world.close());

/** As the handlers do. */
async function apply(change: (tx: Tx) => Promise<string[]>): Promise<void> {
  await database.transaction(async (tx) => {
    const changed = await change(tx);
    tx.afterCommit(() => publisher.publishSoon(changed));
  });
}

async function settled(): Promise<void> {
  await eventually(async () => expect(await service.pending()).toEqual([]));
}

async function play(model: Model, each: Step): Promise<void> {
  const tenantId = model.tenantOf(each.tenant);
  if (each.kind === 'tag') {
    const event = create(AppTagChangedSchema, { appId: model.idOf(each.app), tag: { tag: each.tag } });
    await apply((tx) => service.takeTags(tx, [{ tenantId, event }]));
  } else if (each.kind === 'app') {
    const removed = each.rules === 'removed';
    const rules = each.rules === 'removed' ? [] : each.rules.map(ruleOf);
    const event = create(AppChangedSchema, { appId: model.idOf(each.app), app: { name: each.app, rules }, removed });
    await apply((tx) => service.takeApps(tx, [{ tenantId, event }]));
  } else {
    const event = create(DeviceChangedSchema, { deviceId: newId(), device: { group: each.group } });
    await apply((tx) => service.takeDevices(tx, [{ tenantId, event }]));
  }
}

async function expectExact(model: Model): Promise<void> {
  for (const [which, tenantId] of model.tenants.entries()) {
    const compiled = compile(model.tagged(which));
    for (const group of ['default', ...model.groups[which]!]) {
      const list = await eventually(async () => {
        const current = await service.listFor({ tenantId, group });
        expect(current.rules).toEqual(rulesOf(contentOf(compiled.rules).bytes));
        return current;
      });
      expect(readManifest(list.signed.manifest)).toMatchObject({ tenant: tenantId, group, revision: list.revision });
      const rows = await database.query<{ revision: string; content_hash: Buffer }>(
        'SELECT revision, content_hash FROM revision WHERE tenant_id = $1 AND group_name = $2 ORDER BY revision',
        [tenantId, group],
      );
      expect(BigInt(rows.at(-1)!.revision)).toBe(list.revision);
      const numbers = rows.map((row) => Number(row.revision));
      expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
      const repeats = rows.filter((row, i) => i > 0 && row.content_hash.equals(rows[i - 1]!.content_hash));
      expect(repeats).toEqual([]);
    }
    if ((await world.rpc.listBlocklists({}, world.contextOf(tenantId))).blocklists.length > 0) {
      const { conflicts } = await world.rpc.listConflicts(
        { page: { first: 100, after: '' } },
        world.contextOf(tenantId),
      );
      expect(conflicts).toEqual(compiled.conflicts);
    }
  }
}

describe('every tenant’s list', () => {
  it('is an exact function of tags and rules, whatever changes at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(wave, { minLength: 2, maxLength: 5 }), async (waves) => {
        const model = new Model();
        for (const steps of waves) {
          for (const each of steps) model.take(each);
          await Promise.all(steps.map((each) => play(model, each)));
          await settled();
          await expectExact(model);
        }
      }),
      { numRuns: 25, endOnFailure: true },
    );
  }, 60_000);

  it('keeps its newest revisions and drops the bytes of the others', async () => {
    const tenantId = newId();
    for (let i = 0; i < 26; i++) {
      const event = create(AppChangedSchema, {
        appId: 'turning',
        app: { name: 'T', rules: [ruleOf(`domain:t${i}.com`)] },
      });
      const tag = create(AppTagChangedSchema, { appId: 'turning', tag: { tag: Tag.UNSANCTIONED } });
      await apply((tx) => service.takeApps(tx, [{ tenantId, event }]));
      await apply((tx) => service.takeTags(tx, [{ tenantId, event: tag }]));
      await service.publishPending(tenantId);
    }
    const count = async (table: string): Promise<number> => {
      const [row] = await database.query<{ n: number }>(
        `SELECT count(*)::int AS n FROM ${table} WHERE tenant_id = $1`,
        [tenantId],
      );
      return row!.n;
    };
    expect([await count('revision'), await count('content')]).toEqual([20, 20]);
    expect((await service.listFor({ tenantId, group: 'default' })).revision).toBe(26n);
  });

  it('gets one revision for changes that come together, and none for changes that change nothing', async () => {
    const tenantId = newId();
    const changes = Array.from({ length: 50 }, (_, i) => i).map((i) => ({
      tenantId,
      event: create(AppChangedSchema, { appId: `a${i}`, app: { name: `A${i}`, rules: [ruleOf(`domain:a${i}.com`)] } }),
    }));
    const tags = changes.map(({ event: { appId } }) => ({
      tenantId,
      event: create(AppTagChangedSchema, { appId, tag: { tag: Tag.UNSANCTIONED } }),
    }));
    await Promise.all(changes.map((change) => apply((tx) => service.takeApps(tx, [change]))));
    for (const some of [tags.slice(0, 25), tags.slice(25)])
      await database.transaction((tx) => service.takeTags(tx, some));
    await service.publishPending(tenantId);
    const list = await service.listFor({ tenantId, group: 'default' });
    expect([list.revision, list.rules.length]).toEqual([1n, 50]);
    await apply((tx) => service.takeTags(tx, tags));
    await apply((tx) => service.takeApps(tx, changes));
    await settled();
    expect((await service.listFor({ tenantId, group: 'default' })).revision).toBe(1n);
  });

  it('is published by the next process where one stopped between a change and its list', async () => {
    const tenantId = newId();
    const event = create(AppTagChangedSchema, { appId: 'unknown', tag: { tag: Tag.UNSANCTIONED } });
    await database.transaction((tx) => service.takeTags(tx, [{ tenantId, event }]));
    expect(await service.pending()).toEqual([tenantId]);
    const next = await World.open({ database: world.app.database });
    await settled();
    const { conflicts } = await next.rpc.listConflicts({}, next.contextOf(tenantId));
    expect(conflicts[0]).toMatchObject({ appId: 'unknown', value: '' });
    await next.close();
  });
});
