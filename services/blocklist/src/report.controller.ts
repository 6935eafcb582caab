import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Allow, Caller, Principal } from '#access';
import { Database } from '#database';
import { readJson } from '#kernel';
import { reportInvalid, revisionNotPublished } from './blocklist.errors.js';
import { CurrentLists } from './current-lists.js';
import { DeliveryLog } from './delivery-log.js';
import { RevisionStore } from './revision.store.js';
import { DEFAULT_GROUP } from './snapshot.store.js';

const MAX_REPORT_BYTES = 16 * 1024;

const Report = z.object({
  revision: z.number().int().positive().max(Number.MAX_SAFE_INTEGER),
  status: z.enum(['applied', 'failed']),
  error: z
    .string()
    .max(2_000)
    // Postgres cannot store it, and no message needs it.
    .transform((text) => text.replaceAll('\0', ''))
    .optional(),
});

/** Where devices say which list they enforce. */
@Controller('v1')
export class ReportController {
  constructor(
    private readonly lists: CurrentLists,
    private readonly deliveries: DeliveryLog,
    private readonly revisions: RevisionStore,
    private readonly database: Database,
  ) {}

  /** Answered once the report is durable. */
  @Post('blocklist/report')
  @Allow('device')
  @HttpCode(200)
  async report(
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
  ): Promise<{ revision: number; status: 'applied' | 'failed' }> {
    const { revision, status, error } = readReport(await readJson(request, { maxBytes: MAX_REPORT_BYTES }));
    const key = { tenantId: caller.tenantId, group: caller.device?.group || DEFAULT_GROUP };
    const reported = BigInt(revision);
    if (reported > (this.lists.peek(key.tenantId, key.group)?.revision ?? 0n)) {
      const newest = await this.revisions.newestRevision(this.database, key);
      if (reported > newest) throw revisionNotPublished(reported, newest);
    }
    await this.deliveries.report({
      ...key,
      deviceId: caller.id,
      deliveredRevision: reported,
      appliedRevision: status === 'applied' ? reported : 0n,
      failedRevision: status === 'failed' ? reported : 0n,
      error: status === 'failed' ? (error ?? '') : '',
    });
    return { revision, status };
  }
}

function readReport(body: unknown): z.output<typeof Report> {
  const result = Report.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  throw reportInvalid(issue.path.join('.') || 'body', issue.message);
}
