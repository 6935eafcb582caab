import { create } from '@bufbuild/protobuf';
import { Injectable } from '@nestjs/common';
import { ListAppsRequestSchema, type CatalogSearchService as SearchContract, type ListAppsRequest } from '#contracts';
import type { RpcHandlers } from '#rpc';
import { AppSearchViews } from './app-search.views.js';
import { invalidField, tooMany } from './catalog.errors.js';
import { readQuery, type AppListQuery } from './domain/app-list-query.js';
import { factorById, factors } from './domain/factors/registry.js';
import { isPlainText } from './domain/text.js';
import { SavedQueryService } from './saved-query.service.js';

const MAX_FACTORS = 50;

type Contract = RpcHandlers<typeof SearchContract>;

/** Serves the contract in `proto/rpc/catalog_search.proto`. */
@Injectable()
export class CatalogSearchRpc implements Contract {
  constructor(
    private readonly views: AppSearchViews,
    private readonly saved: SavedQueryService,
  ) {}

  countAppFacets: Contract['countAppFacets'] = async ({ filter, factorIds }, { tenantId }) => {
    if (factorIds.length > MAX_FACTORS) throw tooMany('factors', MAX_FACTORS);
    const ids = [...new Set(factorIds)];
    const wrong = ids.findIndex((id) => factorById.get(id)?.field !== undefined || !factorById.has(id));
    if (wrong >= 0)
      throw invalidField('factor', `factors.${wrong}`, 'There is no such factor of which values are kept.');
    return this.views.facets(tenantId, queryOf(filter), ids);
  };

  exportApps: Contract['exportApps'] = async ({ filter, afterId }, { tenantId }) => {
    if (!isPlainText(afterId)) throw invalidField('after', 'afterId', 'That is no id of an app.');
    const { apps, hasNext } = await this.views.exported(tenantId, queryOf(filter), afterId);
    const kept = factors.filter((factor) => factor.field === undefined);
    return { apps, hasNext, factorIds: afterId === '' ? kept.map((factor) => factor.id) : [] };
  };

  listSavedAppQueries: Contract['listSavedAppQueries'] = async (_request, { tenantId }) => ({
    queries: await this.saved.list(tenantId),
  });

  saveAppQuery: Contract['saveAppQuery'] = ({ name, query }, context) => this.saved.save(name, query, context);

  renameSavedAppQuery: Contract['renameSavedAppQuery'] = ({ id, name }, context) =>
    this.saved.rename(id, name, context);

  deleteSavedAppQuery: Contract['deleteSavedAppQuery'] = async ({ id }, context) => {
    await this.saved.delete(id, context);
    return {};
  };
}

/** @throws DomainError `catalog.…-invalid`, one code for each field */
function queryOf(filter: ListAppsRequest | undefined): AppListQuery {
  const { page: _, ...request } = filter ?? create(ListAppsRequestSchema);
  const read = readQuery(create(ListAppsRequestSchema, request));
  if ('problem' in read) throw invalidField(read.problem.subject, read.problem.field, read.problem.message);
  return read.query;
}
