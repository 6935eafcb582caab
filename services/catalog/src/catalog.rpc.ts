import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import type { CatalogService as CatalogContract } from '#contracts';
import type { RpcHandlers } from '#rpc';
import { appNotFound, invalidField, tooMany } from './catalog.errors.js';
import { CatalogService } from './catalog.service.js';
import { CatalogViews } from './catalog.views.js';
import { readQuery } from './domain/app-list-query.js';
import { isPlainText } from './domain/text.js';
import { explanationMessage } from './explanation-message.js';

const MAX_IDS = 1_000;

type Contract = RpcHandlers<typeof CatalogContract>;

/** Serves the contract in `proto/rpc/catalog.proto`. */
@Injectable()
export class CatalogRpc implements Contract {
  constructor(
    private readonly catalog: CatalogService,
    private readonly views: CatalogViews,
  ) {}

  listApps: Contract['listApps'] = async (request, { tenantId }) => {
    const read = readQuery(request);
    if ('problem' in read) throw invalidField(read.problem.subject, read.problem.field, read.problem.message);
    const { apps, ...page } = await this.views.list(tenantId, read.query);
    return { apps, page };
  };

  getApps: Contract['getApps'] = async ({ ids }, { tenantId }) => {
    if (ids.length > MAX_IDS) throw tooMany('ids', MAX_IDS);
    return { apps: await this.views.byId(tenantId, ids.filter(isPlainText)) };
  };

  explainScore: Contract['explainScore'] = async ({ appId }, { tenantId }) => {
    if (!isPlainText(appId)) throw appNotFound(appId);
    return explanationMessage(appId, await this.views.score(tenantId, appId));
  };

  matchHosts: Contract['matchHosts'] = async ({ hosts }, { tenantId }) => {
    if (hosts.length > MAX_IDS) throw tooMany('hosts', MAX_IDS);
    const found = await this.views.match(tenantId, hosts);
    return { matches: hosts.map((host, at) => ({ host, appId: found[at]?.appId, rule: found[at]?.rule })) };
  };

  createCustomApp: Contract['createCustomApp'] = (request, context) => this.catalog.createCustomApp(request, context);

  deleteCustomApp: Contract['deleteCustomApp'] = async ({ appId }, context) => {
    await this.catalog.deleteCustomApp(appId, context);
    return {};
  };

  overrideScore: Contract['overrideScore'] = ({ appId, score, reason, expiresAt }, context) =>
    this.catalog.overrideScore({ appId, score, reason, expiresAt: expiresAt && timestampDate(expiresAt) }, context);
}
