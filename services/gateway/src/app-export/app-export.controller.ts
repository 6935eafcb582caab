import { Readable } from 'node:stream';
import { Controller, Get, Inject, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Allow, Caller, Principal } from '#access';
import { CatalogSearchService, type ExportAppsResponse } from '#contracts';
import { isDomainError, type SettingsOf } from '#kernel';
import { ClientOf, type CallContext, type RpcClient } from '#rpc';
import { Audit } from '../audit.service.js';
import { GatewaySettings } from '../gateway.config.js';
import { tooManyExports } from '../gateway.errors.js';
import { csvHead, csvLine, jsonLine } from './app-csv.js';
import { readExportQuery, type ExportQuery } from './export-query.js';

const TYPES = { csv: 'text/csv; charset=utf-8; header=present', jsonl: 'application/jsonl; charset=utf-8' };

/** How long a reader may take nothing, and how long it may take in all. */
const IDLE_MS = 60_000;
const LONGEST_MS = 15 * 60_000;

/** Every app that a filter finds, as a file. */
@Controller('v1')
export class AppExportController {
  private running = 0;
  private readonly tenants = new Set<string>();

  constructor(
    @ClientOf(CatalogSearchService) private readonly search: RpcClient<typeof CatalogSearchService>,
    @Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>,
    private readonly audit: Audit,
  ) {}

  /**
   * `GET /v1/apps/export?format=csv|jsonl`: see `readExportQuery` for its parameters. Recorded in the audit log. One at a
   * time for each organisation. A failure on the way ends the connection: a file that ends properly is complete.
   */
  @Get('apps/export')
  @Allow('viewer', 'integration')
  async export(
    @Caller() caller: Principal,
    @Query() parameters: Record<string, unknown>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const query = readExportQuery(parameters);
    const { tenantId } = caller;
    if (this.running >= this.settings.maxExports || this.tenants.has(tenantId)) throw tooManyExports();
    this.running += 1;
    this.tenants.add(tenantId);
    const release = (): void => {
      this.running -= 1;
      this.tenants.delete(tenantId);
    };
    try {
      const call = caller.context();
      // Asked before the answer begins, so that a wrong filter is told properly.
      const first = await this.search.exportApps({ filter: query.filter }, call);
      const record = await this.audit.begin(call, { operation: 'exportApps', target: '', arguments: parameters });
      const lines = Readable.from(this.lines(query, first, call, record), {
        objectMode: false,
        highWaterMark: 256 * 1024,
      });
      // Who takes nothing any more, or a little now and then, must not keep the place of others.
      reply.raw.setTimeout(IDLE_MS, () => reply.raw.destroy());
      const late = setTimeout(() => reply.raw.destroy(), LONGEST_MS).unref();
      lines.once('close', () => {
        clearTimeout(late);
        release();
      });
      void reply
        .header('Content-Type', TYPES[query.format])
        .header('Content-Disposition', `attachment; filename="apps.${query.format}"`)
        .header('Cache-Control', 'no-store')
        .header('X-Content-Type-Options', 'nosniff')
        .send(lines);
    } catch (error) {
      release();
      throw error;
    }
  }

  private async *lines(
    { format, filter }: ExportQuery,
    first: ExportAppsResponse,
    call: CallContext,
    record: Awaited<ReturnType<Audit['begin']>>,
  ): AsyncGenerator<string> {
    const { factorIds } = first;
    let outcome: Parameters<typeof record>[0] = { outcome: 'FAILED', errorCode: 'export.cut-off' };
    try {
      if (format === 'csv') yield csvHead(factorIds);
      for (let answer = first; ;) {
        const { apps, hasNext } = answer;
        yield apps.map((app) => (format === 'csv' ? csvLine(app, factorIds) : jsonLine(app))).join('');
        const last = apps.at(-1);
        if (!hasNext || !last) break;
        answer = await this.search.exportApps({ filter, afterId: last.id }, call);
      }
      outcome = { outcome: 'SUCCEEDED' };
    } catch (error) {
      outcome = { outcome: 'FAILED', errorCode: isDomainError(error) ? error.code : 'internal' };
      throw error;
    } finally {
      await record(outcome);
    }
  }
}
