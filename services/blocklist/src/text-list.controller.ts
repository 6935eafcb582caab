import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, Caller, Principal } from '#access';
import { actionInvalid, foreignGroup, groupNotFound } from './blocklist.errors.js';
import { BlocklistService } from './blocklist.service.js';
import { isTextAction } from './domain/text-list.js';
import { matchesEtag, notModified } from './etag.js';
import { DEFAULT_GROUP } from './snapshot.store.js';

/** Block lists for whatever reads plain text and nothing else. */
@Controller('v1')
export class TextListController {
  constructor(private readonly service: BlocklistService) {}

  /** The names on a list, one a line, for appliances that read nothing else. */
  @Get('blocklist.txt')
  @Allow('device', 'integration', 'viewer')
  async text(
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query('group') asked?: unknown,
    @Query('action') action: unknown = 'block',
  ): Promise<void> {
    if (typeof action !== 'string' || !isTextAction(action)) throw actionInvalid();
    const group = readGroup(caller, asked);
    const list = await this.service.findList({ tenantId: caller.tenantId, group });
    if (!list) throw groupNotFound(group);
    const { body, etag } = list.text(action);
    if (matchesEtag(request.headers['if-none-match'], etag)) return notModified(reply, etag);
    void reply
      .header('ETag', etag)
      .header('Cache-Control', 'no-cache')
      .header('Content-Type', 'text/plain; charset=utf-8')
      .header('X-Content-Type-Options', 'nosniff')
      .send(body);
  }
}

function readGroup(caller: Principal, asked: unknown): string {
  if (asked !== undefined && typeof asked !== 'string') throw groupNotFound('');
  if (caller.kind !== 'device') return asked || DEFAULT_GROUP;
  const own = caller.device?.group || DEFAULT_GROUP;
  if (asked && asked !== own) throw foreignGroup();
  return own;
}
