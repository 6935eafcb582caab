import { Controller, Get, Inject, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, Caller, Principal, Public } from '#access';
import { waitInvalid } from './blocklist.errors.js';
import { BlocklistSettings } from './blocklist.config.js';
import { BlocklistService } from './blocklist.service.js';
import { CurrentList } from './current-list.js';
import { CurrentLists, keyText } from './current-lists.js';
import { DeliveryLog } from './delivery-log.js';
import { matchesEtag, notModified } from './etag.js';
import type { GroupKey } from './revision.store.js';
import { Signer } from './signer.js';
import { DEFAULT_GROUP } from './snapshot.store.js';
import { publicIdOf } from './tenant-directory.js';
import { WaitingRoom, type Waiter } from './waiting-room.js';

const MAX_WAIT_SECONDS = 60;
const RETRY_AFTER_SECONDS = 15;
const PROTOBUF = 'application/x-protobuf';

/** How devices get their block list. */
@Controller('v1')
export class ListController {
  constructor(
    private readonly lists: CurrentLists,
    private readonly waiting: WaitingRoom,
    private readonly deliveries: DeliveryLog,
    private readonly service: BlocklistService,
    private readonly signer: Signer,
    @Inject(BlocklistSettings.token) private readonly settings: BlocklistSettings,
  ) {}

  /** The public key that every list is signed with. */
  @Get('blocklist/key')
  @Public()
  key(): { keyId: string; algorithm: 'Ed25519'; publicKey: string } {
    return { keyId: this.signer.keyId, algorithm: 'Ed25519', publicKey: this.signer.publicKey.toString('base64') };
  }

  /** The list of the device's group; 304 where the device has it, at once or after `wait` seconds without a new one. */
  @Get('blocklist')
  @Allow('device')
  async list(
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query('wait') wait?: unknown,
  ): Promise<void> {
    const seconds = readWait(wait);
    const known = request.headers['if-none-match'];
    const group = groupOf(caller);
    if (seconds > 0 && known !== undefined) return this.longPoll(caller, group, known, seconds, request, reply);
    const list =
      this.lists.peek(caller.tenantId, group) ?? (await this.service.listFor({ tenantId: caller.tenantId, group }));
    if (matchesEtag(known, list.etag)) return notModified(reply, list.etag);
    this.send(caller, list, request, reply);
  }

  private async longPoll(
    caller: Principal,
    group: string,
    known: string,
    seconds: number,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<void> {
    const key = { tenantId: caller.tenantId, group };
    const waiter = this.waiting.enter(keyText(caller.tenantId, group), caller.id, seconds * 1_000);
    const onClose = (): void => waiter?.release();
    reply.raw.once('close', onClose);
    try {
      const list = await this.newerThan(known, key, waiter);
      if (reply.raw.destroyed) return;
      if (!matchesEtag(known, list.etag)) return this.send(caller, list, request, reply);
      if (!waiter) void reply.header('Retry-After', String(RETRY_AFTER_SECONDS));
      notModified(reply, list.etag);
    } finally {
      reply.raw.off('close', onClose);
      waiter?.leave();
    }
  }

  /** The first list that is not the known one, or the known one when the wait is over. */
  private async newerThan(known: string, key: GroupKey, waiter: Waiter | undefined): Promise<CurrentList> {
    for (;;) {
      const list = await this.service.listFor(key);
      if (!waiter || !matchesEtag(known, list.etag)) return list;
      if ((await waiter.next()) !== 'woken') return list;
    }
  }

  private send(caller: Principal, list: CurrentList, request: FastifyRequest, reply: FastifyReply): void {
    const isProtobuf = wantsProtobuf(request.headers.accept);
    const body = isProtobuf ? list.protobufBody() : list.jsonBody(this.blockPageOf(caller.tenantId));
    void reply
      .header('ETag', list.etag)
      .header('Cache-Control', 'no-cache')
      .header('Vary', 'Accept')
      .header('Content-Type', isProtobuf ? PROTOBUF : 'application/json; charset=utf-8')
      .send(body);
    this.deliveries.noteFetched(
      { tenantId: caller.tenantId, group: list.signed.group, deviceId: caller.id },
      list.revision,
    );
  }

  private blockPageOf(tenantId: string): string {
    return `${this.settings.publicUrl ?? ''}/blocked?t=${publicIdOf(tenantId)}`;
  }
}

function groupOf(caller: Principal): string {
  return caller.device?.group || DEFAULT_GROUP;
}

function readWait(wait: unknown): number {
  if (wait === undefined) return 0;
  if (typeof wait !== 'string' || !/^\d{1,2}$/.test(wait) || Number(wait) > MAX_WAIT_SECONDS) throw waitInvalid();
  return Number(wait);
}

/** JSON is for whoever does not ask for protobuf by name. */
function wantsProtobuf(accept: string | undefined): boolean {
  return accept !== undefined && /application\/(x-)?protobuf/.test(accept);
}
