import { Injectable } from '@nestjs/common';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type {
  AppLabelSchema,
  CatalogAdminService as CatalogAdminContract,
  DismissedHostSchema,
  HostAssignmentSchema,
  HostSuggestionSchema,
} from '#contracts';
import type { RpcHandlers } from '#rpc';
import { AdminViews, type LabelRow } from './admin.views.js';
import { AssignmentService } from './assignment.service.js';
import type { AssignmentRow } from './assignment.store.js';
import { tooMany } from './catalog.errors.js';
import { readCsv } from './csv-table.js';
import { CustomAppService } from './custom-app.service.js';
import { writeRule } from './domain/rule-normalise.js';
import type { Suggestion } from './domain/suggestion.js';
import { isPlainText } from './domain/text.js';
import { ImportService } from './import.service.js';
import { LabelService } from './label.service.js';
import { NoteService } from './note.service.js';
import { noteMessage } from './note.store.js';
import { SuggestionService } from './suggestion.service.js';
import type { DismissedRow } from './suggestion.store.js';

const MAX_IDS = 1_000;

type Contract = RpcHandlers<typeof CatalogAdminContract>;

/** Serves the contract in `proto/rpc/catalog_admin.proto`. */
@Injectable()
export class CatalogAdminRpc implements Contract {
  constructor(
    private readonly customApps: CustomAppService,
    private readonly imports: ImportService,
    private readonly notes: NoteService,
    private readonly labels: LabelService,
    private readonly assignments: AssignmentService,
    private readonly suggestions: SuggestionService,
    private readonly views: AdminViews,
  ) {}

  updateCustomApp: Contract['updateCustomApp'] = (request, context) => this.customApps.update(request, context);

  importCustomApps: Contract['importCustomApps'] = async ({ csv, dryRun }, context) => {
    const { lines, problems } = readCsv(csv);
    const done = await this.imports.import(lines, dryRun, context);
    return { ...done, problems: [...done.problems, ...problems].sort((a, b) => a.line - b.line) };
  };

  addNote: Contract['addNote'] = async ({ appId, text }, context) =>
    noteMessage(await this.notes.add(appId, text, context));

  editNote: Contract['editNote'] = async ({ id, text }, context) =>
    noteMessage(await this.notes.edit(id, text, context));

  deleteNote: Contract['deleteNote'] = async ({ id }, context) => {
    await this.notes.delete(id, context);
    return {};
  };

  listNotes: Contract['listNotes'] = async ({ appId, page }, { tenantId }) => {
    const found = await this.views.notes(tenantId, isPlainText(appId) ? appId : '', page);
    return { notes: found.items.map(noteMessage), page: found.page };
  };

  createLabel: Contract['createLabel'] = async (request, context) =>
    this.label(await this.labels.create(request, context), context.tenantId);

  updateLabel: Contract['updateLabel'] = async ({ id, ...change }, context) => {
    await this.labels.update(id, change, context);
    return this.label(id, context.tenantId);
  };

  deleteLabel: Contract['deleteLabel'] = async ({ id }, context) => {
    await this.labels.delete(id, context);
    return {};
  };

  listLabels: Contract['listLabels'] = async ({ page }, { tenantId }) => {
    const found = await this.views.labels(tenantId, page);
    return { labels: found.items.map(labelMessage), page: found.page };
  };

  getLabels: Contract['getLabels'] = async ({ ids }, { tenantId }) => {
    if (ids.length > MAX_IDS) throw tooMany('ids', MAX_IDS);
    return { labels: (await this.views.labelsById(tenantId, ids.filter(isPlainText))).map(labelMessage) };
  };

  labelApps: Contract['labelApps'] = async (request, context) => ({
    changed: await this.labels.labelApps(request, context),
    label: await this.label(request.labelId, context.tenantId),
  });

  assignHost: Contract['assignHost'] = async ({ host, appId }, context) => {
    const { assignment, takenFromAppId } = await this.assignments.assign(host, appId, context);
    return { assignment: assignmentMessage(assignment), takenFromAppId };
  };

  unassignHost: Contract['unassignHost'] = async ({ host }, context) => ({
    appId: await this.assignments.unassign(host, context),
  });

  listHostAssignments: Contract['listHostAssignments'] = async ({ appId, page }, { tenantId }) => {
    const found = await this.views.assignments(tenantId, isPlainText(appId) ? appId : '?', page);
    return { assignments: found.items.map(assignmentMessage), page: found.page };
  };

  suggestHosts: Contract['suggestHosts'] = async ({ hosts, page }, { tenantId }) => {
    if (hosts.length > MAX_IDS) throw tooMany('hosts', MAX_IDS);
    const found = await this.views.suggestions(tenantId, hosts, page);
    return { suggestions: found.items.map(suggestionMessage), page: found.page };
  };

  dismissHost: Contract['dismissHost'] = async ({ host }, context) =>
    dismissedMessage(await this.suggestions.dismiss(host, context));

  restoreHost: Contract['restoreHost'] = async ({ host }, context) => {
    await this.suggestions.restore(host, context);
    return {};
  };

  listDismissedHosts: Contract['listDismissedHosts'] = async ({ page }, { tenantId }) => {
    const found = await this.views.dismissed(tenantId, page);
    return { hosts: found.items.map(dismissedMessage), page: found.page };
  };

  private async label(id: string, tenantId: string): Promise<MessageInitShape<typeof AppLabelSchema>> {
    const [row] = await this.views.labelsById(tenantId, [id]);
    return row ? labelMessage(row) : { id };
  }
}

function labelMessage(row: LabelRow): MessageInitShape<typeof AppLabelSchema> {
  const { label_id: id, name, colour, description, apps } = row;
  return { id, name, colour, description, apps, createdAt: timestampFromDate(row.created_at) };
}

function assignmentMessage(row: AssignmentRow): MessageInitShape<typeof HostAssignmentSchema> {
  const rule = { kind: row.kind, value: row.value, path: '' };
  return {
    host: writeRule(rule),
    rule,
    appId: row.app_id,
    assignedBy: row.assigned_by,
    assignedAt: timestampFromDate(row.assigned_at),
  };
}

function suggestionMessage({
  rank: _rank,
  generativeAiHint: _hint,
  ...suggestion
}: Suggestion): MessageInitShape<typeof HostSuggestionSchema> {
  return suggestion;
}

function dismissedMessage(row: DismissedRow): MessageInitShape<typeof DismissedHostSchema> {
  return { host: row.host, dismissedBy: row.dismissed_by, dismissedAt: timestampFromDate(row.dismissed_at) };
}
