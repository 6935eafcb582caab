import { Module } from '@nestjs/common';
import { BlocklistService as BlocklistContract } from '#contracts';
import { Database, DatabaseModule } from '#database';
import { EventLogModule, consumer } from '#event-log';
import { Clock, SecretBox } from '#kernel';
import { serveContract } from '#rpc';
import { AppNames } from './app-names.js';
import { BlockPageController } from './block-page.controller.js';
import { BlocklistSettings } from './blocklist.config.js';
import { BlocklistHandlers } from './blocklist.handlers.js';
import { BlocklistRpc } from './blocklist.rpc.js';
import { BlocklistService } from './blocklist.service.js';
import { BlocklistViews } from './blocklist.views.js';
import { CurrentLists } from './current-lists.js';
import { DeliveryLog } from './delivery-log.js';
import { DeliveryStore } from './delivery.store.js';
import { ListController } from './list.controller.js';
import { InitBlocklist1700000000000 } from './migrations/1700000000000-init.js';
import { Publisher } from './publisher.js';
import { Reissuer } from './reissuer.js';
import { ReportController } from './report.controller.js';
import { RevisionStore } from './revision.store.js';
import { Signer } from './signer.js';
import { SnapshotStore } from './snapshot.store.js';
import { TenantDirectory } from './tenant-directory.js';
import { TextListController } from './text-list.controller.js';
import { WaitingRoom } from './waiting-room.js';

@Module({
  imports: [
    DatabaseModule.forService({ schema: 'blocklist', migrations: [InitBlocklist1700000000000] }),
    EventLogModule.forService({ service: 'blocklist' }),
  ],
  controllers: [ListController, TextListController, ReportController, BlockPageController],
  providers: [
    BlocklistSettings.provider,
    { provide: Signer, inject: [Database, SecretBox, Clock], useFactory: Signer.open.bind(Signer) },
    SnapshotStore,
    RevisionStore,
    DeliveryStore,
    BlocklistViews,
    CurrentLists,
    WaitingRoom,
    DeliveryLog,
    TenantDirectory,
    AppNames,
    BlocklistService,
    Publisher,
    Reissuer,
    ...consumer(BlocklistHandlers, { group: 'blocklist' }),
    ...serveContract(BlocklistContract, BlocklistRpc),
  ],
})
export class BlocklistModule {}
