import { create, fromJson, toJson, type JsonValue, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import { ListAppsRequestSchema, type ListAppsRequest, type SavedAppQuerySchema } from '#contracts';
import { Database, type Tx } from '#database';
import { Clock, newId } from '#kernel';
import type { CallContext } from '#rpc';
import { CatalogSettings } from './catalog.config.js';
import { invalidField, queryNameTaken, savedQueryNotFound, tooManySavedQueries } from './catalog.errors.js';
import { readQuery } from './domain/app-list-query.js';
import { isPlainText } from './domain/text.js';
import { SavedQueryStore, type SavedQueryRow } from './saved-query.store.js';

const MAX_NAME = 120;

type SavedQuery = MessageInitShape<typeof SavedAppQuerySchema>;

/** Searches of the catalog that a tenant keeps under a name. */
@Injectable()
export class SavedQueryService {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(CatalogSettings.token) private readonly settings: CatalogSettings,
    private readonly store: SavedQueryStore,
    private readonly clock: Clock,
  ) {}

  async list(tenantId: string): Promise<SavedQuery[]> {
    return (await this.store.list(tenantId)).map(messageOf);
  }

  async save(name: string, query: ListAppsRequest | undefined, context: CallContext): Promise<SavedQuery> {
    const { page: _, ...kept } = query ?? create(ListAppsRequestSchema);
    const request = create(ListAppsRequestSchema, kept);
    const read = readQuery(request);
    if ('problem' in read) {
      throw invalidField(read.problem.subject, `filter.${read.problem.field}`, read.problem.message);
    }
    const { tenantId, actor } = context;
    return this.database.transaction(async (tx) => {
      await this.store.lock(tx, tenantId);
      const chosen = await this.freeName(tx, tenantId, name);
      if ((await this.store.count(tx, tenantId)) >= this.settings.maxSavedQueries) {
        throw tooManySavedQueries(this.settings.maxSavedQueries);
      }
      const json = toJson(ListAppsRequestSchema, request);
      const saved = { id: newId(), name: chosen, query: json, createdBy: actor.name, now: this.clock.now() };
      return messageOf(await this.store.insert(tx, tenantId, saved));
    });
  }

  async rename(id: string, name: string, { tenantId }: CallContext): Promise<SavedQuery> {
    return this.database.transaction(async (tx) => {
      await this.store.lock(tx, tenantId);
      const chosen = await this.freeName(tx, tenantId, name, id);
      const row = isPlainText(id) ? await this.store.rename(tx, tenantId, id, chosen, this.clock.now()) : undefined;
      if (!row) throw savedQueryNotFound();
      return messageOf(row);
    });
  }

  async delete(id: string, { tenantId }: CallContext): Promise<void> {
    const deleted = isPlainText(id) && (await this.database.transaction((tx) => this.store.delete(tx, tenantId, id)));
    if (!deleted) throw savedQueryNotFound();
  }

  /** The name as it is kept. It may be that of the query `own` already, in other case. */
  private async freeName(tx: Tx, tenantId: string, name: string, own?: string): Promise<string> {
    const chosen = name.trim();
    if (chosen === '' || chosen.length > MAX_NAME || !isPlainText(chosen)) {
      throw invalidField('name', 'name', `A name has 1 to ${MAX_NAME} characters of text.`);
    }
    const holder = await this.store.idOf(tx, tenantId, chosen);
    if (holder !== undefined && holder !== own) throw queryNameTaken(chosen);
    return chosen;
  }
}

function messageOf(row: SavedQueryRow): SavedQuery {
  return {
    id: row.query_id,
    name: row.name,
    // A query that was saved by a newer version may have more fields.
    query: fromJson(ListAppsRequestSchema, row.query as JsonValue, { ignoreUnknownFields: true }),
    createdBy: row.created_by,
    createdAt: timestampFromDate(row.created_at),
    updatedAt: timestampFromDate(row.updated_at),
  };
}
