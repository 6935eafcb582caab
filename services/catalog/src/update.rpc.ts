import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Injectable } from '@nestjs/common';
import type { CatalogUpdateService as Contract } from '#contracts';
import type { RpcHandlers } from '#rpc';
import { UpdateService } from './update.service.js';
import type { RefusalRow } from './update.store.js';

type Handlers = RpcHandlers<typeof Contract>;

/** Serves the contract in `proto/rpc/catalog_update.proto`. */
@Injectable()
export class UpdateRpc implements Handlers {
  constructor(private readonly updates: UpdateService) {}

  getCatalogStatus: Handlers['getCatalogStatus'] = async () => {
    const { loaded, apps, followsUpdates, rolledBackVersion, refusal } = await this.updates.status();
    return {
      version: loaded?.version ?? '',
      ...(loaded && { loadedAt: timestampFromDate(loaded.loaded_at) }),
      apps,
      source: loaded?.source ?? '',
      followsUpdates,
      rolledBackVersion,
      ...(refusal && { lastRefused: refusedMessage(refusal) }),
    };
  };
}

function refusedMessage({ file, version, code, reason, refused_at }: RefusalRow) {
  return { file, version, code, reason, refusedAt: timestampFromDate(refused_at) };
}
