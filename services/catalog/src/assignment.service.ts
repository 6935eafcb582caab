import { Inject, Injectable } from '@nestjs/common';
import { MatchRuleKind } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock } from '#kernel';
import type { CallContext } from '#rpc';
import { hostNotAssigned, hostTaken, tooManyAssignments } from './admin.errors.js';
import { AssignmentStore, type AssignmentRow } from './assignment.store.js';
import { appNotFound, invalidField } from './catalog.errors.js';
import { CatalogStore } from './catalog.store.js';
import { CatalogViews } from './catalog.views.js';
import type { Rule } from './domain/app-record.js';
import { readDomain } from './domain/custom-app.js';
import { ruleKey, writeRule, readRule } from './domain/rule-normalise.js';
import { isPlainText } from './domain/text.js';
import { OverlayRecords } from './overlay-records.js';

const MAX_ASSIGNMENTS = 2_000;
const MAX_ASSIGNMENTS_OF_APP = 100;

/** What came of an assignment. */
export interface Assigned {
  readonly assignment: AssignmentRow;
  /** The app that claimed the host until now by a wider rule. */
  readonly takenFromAppId: string;
}

/** "This host belongs to that app", said by a tenant: its record of the app gets the rule, and everybody follows it. */
@Injectable()
export class AssignmentService {
  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly store: CatalogStore,
    private readonly assignments: AssignmentStore,
    private readonly records: OverlayRecords,
    private readonly views: CatalogViews,
    private readonly clock: Clock,
  ) {}

  /**
   * Saying the same again changes nothing. A host below a wider rule of another app may be taken from it; the same hosts
   * may not.
   *
   * @throws DomainError `catalog.host-invalid`, `catalog.app-not-found`, `catalog.rule-taken` naming the app
   */
  async assign(host: string, appId: string, context: CallContext): Promise<Assigned> {
    const rule = readAssignable(host);
    const { tenantId } = context;
    const sample = rule.kind === MatchRuleKind.SUFFIX ? `any.${rule.value}` : rule.value;
    const holder = (await this.views.match(tenantId, [sample]))[0]?.appId ?? '';
    const takenFromAppId = holder === appId ? '' : holder;
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      const [app] = isPlainText(appId) ? await this.records.keep(tx, tenantId, [appId]) : [];
      if (!app) throw appNotFound(appId);
      const said = await this.assignments.find(tx, tenantId, rule);
      if (said?.app_id === appId) return { assignment: said, takenFromAppId: '' };
      await this.refuseTaken(tx, tenantId, rule);
      await this.refuseTooMany(tx, tenantId, appId);
      const by = { rule, appId, by: context.actor.name, at: this.clock.now() };
      const assignment = await this.assignments.assign(tx, tenantId, by);
      await this.records.refresh(tx, tenantId, [app]);
      return { assignment, takenFromAppId };
    });
  }

  /**
   * @returns the app that the host belonged to
   * @throws DomainError `catalog.host-invalid`, `catalog.host-not-assigned`
   */
  async unassign(host: string, { tenantId }: CallContext): Promise<string> {
    const rule = readAssignable(host);
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      const appId = await this.assignments.unassign(tx, tenantId, rule);
      if (appId === undefined) throw hostNotAssigned();
      const rows = await this.records.keep(tx, tenantId, [appId]);
      await this.records.refresh(tx, tenantId, rows);
      return appId;
    });
  }

  private async refuseTaken(tx: Tx, tenantId: string, rule: Rule): Promise<void> {
    const claimants = await this.assignments.claimants(tx, tenantId, rule.value);
    // Where the very same rule is there, its app is the one to name.
    const taken =
      claimants.find((each) => ruleKey(each) === ruleKey(rule)) ?? claimants.find((each) => overlap(each, rule));
    if (taken) throw hostTaken(writeRule(taken), taken.app_id, taken.name);
  }

  private async refuseTooMany(tx: Tx, tenantId: string, appId: string): Promise<void> {
    const { all, ofApp } = await this.assignments.count(tx, tenantId, appId);
    if (ofApp >= MAX_ASSIGNMENTS_OF_APP) throw tooManyAssignments(MAX_ASSIGNMENTS_OF_APP, 'to one app');
    if (all >= MAX_ASSIGNMENTS) throw tooManyAssignments(MAX_ASSIGNMENTS, 'by an organisation');
  }
}

/** Two rules of one name claim a host in common unless one is for the name alone and the other for what is below it. */
function overlap(a: Rule, b: Rule): boolean {
  const kinds = [a.kind, b.kind];
  return !(kinds.includes(MatchRuleKind.HOST) && kinds.includes(MatchRuleKind.SUFFIX));
}

function readAssignable(host: string): Rule {
  const text = host.trim();
  const read = text.startsWith('=') && !/[/]/.test(text) ? readRule(text) : readDomain(text);
  if ('refused' in read) throw invalidField('host', 'host', `${read.refused}.`);
  return read.rule;
}
