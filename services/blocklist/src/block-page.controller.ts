import { Controller, Get, Logger, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { domainToASCII } from 'node:url';
import { Public } from '#access';
import { BlockAction } from '#contracts';
import { messageOf } from '#kernel';
import { AppNames } from './app-names.js';
import { BlocklistService } from './blocklist.service.js';
import { BLOCK_PAGE_POLICY, renderBlockPage, type BlockPage } from './domain/block-page.js';
import { normaliseHost } from './domain/host-name.js';
import { DEFAULT_GROUP } from './snapshot.store.js';
import { TenantDirectory, type PublicTenant } from './tenant-directory.js';

const MAX_LENGTH = 2_000;

/** The page a user sees in place of a blocked site. Whatever is asked, it answers with a page. */
@Controller()
export class BlockPageController {
  private readonly logger = new Logger(BlockPageController.name);

  constructor(
    private readonly tenants: TenantDirectory,
    private readonly names: AppNames,
    private readonly service: BlocklistService,
  ) {}

  @Get('blocked')
  @Public()
  async show(@Res() reply: FastifyReply, @Query('host') host?: unknown, @Query('t') tenant?: unknown): Promise<void> {
    const page = await this.pageOf(readHost(host), this.tenants.find(typeof tenant === 'string' ? tenant : undefined));
    void reply
      .header('Content-Type', 'text/html; charset=utf-8')
      .header('Content-Security-Policy', BLOCK_PAGE_POLICY)
      .header('X-Content-Type-Options', 'nosniff')
      .header('X-Frame-Options', 'DENY')
      .header('Referrer-Policy', 'no-referrer')
      .header('Cache-Control', 'no-store')
      .send(renderBlockPage(page));
  }

  private async pageOf(host: string | undefined, tenant: PublicTenant | undefined): Promise<BlockPage> {
    const known = { host, organisation: tenant?.name || undefined, supportUrl: tenant?.supportUrl };
    if (!host || !tenant) return { kind: 'unknown', ...known };
    try {
      // Every group of a tenant has the same list; the default group always has one.
      const list = await this.service.listFor({ tenantId: tenant.tenantId, group: DEFAULT_GROUP });
      const rule = list.ruleFor(host);
      if (!rule) return { kind: 'unknown', ...known };
      const appName = (await this.names.nameOf(list, rule.appId)) || rule.appId;
      return { kind: rule.action === BlockAction.WARN ? 'warned' : 'blocked', appName, ...known };
    } catch (error) {
      this.logger.warn(`The block page does not know its list: ${messageOf(error)}`);
      return { kind: 'unknown', ...known };
    }
  }
}

/** The host in what a device or person put there: a name, in any alphabet, or a whole URL. */
function readHost(text: unknown): string | undefined {
  if (typeof text !== 'string' || text === '' || text.length > MAX_LENGTH) return undefined;
  const name = URL.canParse(text) && text.includes('://') ? new URL(text).hostname : text.replace(/[/:?#].*$/s, '');
  return normaliseHost(domainToASCII(name.trim()));
}
