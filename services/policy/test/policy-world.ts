import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import { PolicyRpc } from '../src/policy.rpc.js';
import type { AppendedEvent, Database, Tx } from '#database';
import { Metrics } from '#kernel';
import type { CallContext } from '#rpc';
import { FakeClock, testDatabase } from '#testkit';
import { AppStore } from '../src/app.store.js';
import { CatalogService } from '../src/catalog.service.js';
import { CatalogSnapshot } from '../src/catalog-snapshot.js';
import type { AppFacts } from '../src/domain/app-facts.js';
import { EvaluationService } from '../src/evaluation.service.js';
import { MatchStore } from '../src/match.store.js';
import { InitPolicy1700000000000 } from '../src/migrations/1700000000000-init.js';
import { PolicySettings } from '../src/policy.config.js';
import { PolicyService } from '../src/policy.service.js';
import { PolicyStore } from '../src/policy.store.js';
import { PolicyViews } from '../src/policy.views.js';
import { TagStore } from '../src/tag.store.js';

/** The policy service on a database of its own, without the event log: what it appends is kept here. */
export class PolicyWorld {
  readonly clock = new FakeClock();
  readonly rpc: PolicyRpc;
  readonly catalog: CatalogService;
  private committed: { order: number; schema: DescMessage; message: unknown; tenantId: string }[] = [];
  private commits = 0;

  private constructor(
    readonly database: Database,
    environment: NodeJS.ProcessEnv,
  ) {
    const settings = PolicySettings.load(environment);
    const [apps, policies, matches, tags] = [new AppStore(), new PolicyStore(), new MatchStore(), new TagStore()];
    const snapshot = new CatalogSnapshot(apps, settings);
    const evaluation = new EvaluationService(apps, snapshot, policies, matches, tags, this.clock, new Metrics());
    const service = new PolicyService(database, policies, apps, matches, tags, evaluation, this.clock, settings);
    this.rpc = new PolicyRpc(service, new PolicyViews(database));
    this.catalog = new CatalogService(apps, policies, evaluation, settings);
    database.onBeforeCommit(async (tx: Tx, appended: readonly AppendedEvent[]) => {
      // The order of a tenant's commits is that of its lock, which is held here; answers may come in any order.
      const order = ++this.commits;
      tx.afterCommit(() => this.committed.push(...appended.map((event) => ({ ...event, order }))));
    });
  }

  static async open(environment: NodeJS.ProcessEnv = {}): Promise<PolicyWorld> {
    return new PolicyWorld(await testDatabase('policy', [InitPolicy1700000000000]), environment);
  }

  close(): Promise<void> {
    return this.database.close();
  }

  async change(tenantId: string, facts: AppFacts, removed = false): Promise<void> {
    await this.changes([{ tenantId, facts, removed }]);
  }

  async changes(changes: readonly { tenantId: string; facts: AppFacts; removed: boolean }[]): Promise<void> {
    await this.database.transaction((tx) => this.catalog.appsChanged(tx, changes));
  }

  async discover(tenantId: string, ...appIds: string[]): Promise<void> {
    const discoveries = appIds.map((appId) => ({ tenantId, appId, firstSeenAt: this.clock.now() }));
    await this.database.transaction((tx) => this.catalog.appsDiscovered(tx, discoveries));
  }

  /** The events of one type that were committed since they were last asked for, of any type. */
  drain<S extends DescMessage>(schema: S, tenantId?: string): MessageShape<S>[] {
    const of = this.committed.filter((event) => event.schema === schema && (!tenantId || event.tenantId === tenantId));
    this.committed = this.committed.filter((event) => !of.includes(event));
    of.sort((a, b) => a.order - b.order);
    return of.map((event) => event.message as MessageShape<S>);
  }

  /** Forgets what was committed so far. */
  forget(): void {
    this.committed = [];
  }
}

export function caller(tenantId: string, name = 'alice'): CallContext {
  return { tenantId, actor: { kind: 'user', id: name, name }, correlationId: 'test' };
}
