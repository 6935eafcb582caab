import { Controller, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Allow, Caller, type Principal } from '#access';
import { DomainError, type SettingsOf } from '#kernel';
import { InFlight } from './in-flight.js';
import { TelemetrySettings } from './telemetry.config.js';
import { fieldInvalid, fileTooLarge, overloaded } from './telemetry.errors.js';
import { UploadService } from './upload.service.js';
import type { StoredUpload } from './upload.store.js';
import { wireBytes } from './wire-bytes.js';

const ENCODINGS: ReadonlySet<string> = new Set(['', 'identity', 'gzip', 'x-gzip']);

@Controller('v1')
export class UploadController {
  private readonly inFlight: InFlight;

  constructor(
    private readonly uploads: UploadService,
    @Inject(TelemetrySettings.token) private readonly settings: SettingsOf<typeof TelemetrySettings>,
  ) {
    this.inFlight = new InFlight(settings.maxUploads, Math.max(1, settings.maxUploads >> 1));
  }

  /**
   * `POST /v1/logs?name=&format=&id=`: a log file as the body, plain or gzip, of any length. Answers the upload's
   * summary once every event in it is durable.
   */
  @Post('logs')
  @Allow('admin', 'integration')
  @HttpCode(200)
  async receive(
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Query() query: Record<string, unknown>,
  ): Promise<object> {
    const encoding = (request.headers['content-encoding'] ?? '').trim().toLowerCase();
    if (!ENCODINGS.has(encoding)) {
      throw new DomainError('invalid', 'body.unsupported-encoding', 'Send the file as it is or compressed with gzip.', {
        field: 'Content-Encoding',
      });
    }
    const { maxFileBytes, fileIdleMs, fileMinBytes } = this.settings;
    if (Number(request.headers['content-length']) > maxFileBytes) throw fileTooLarge(maxFileBytes);
    const [id, name, format] = ['id', 'name', 'format'].map((field) => textOf(query, field));
    if (!this.inFlight.take(1, caller.tenantId)) throw overloaded();
    try {
      // Not destroyed when reading ends early: the answer goes over the same socket.
      const body = request.raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
      const limits = { maxBytes: maxFileBytes, minBytes: fileMinBytes, windowMs: fileIdleMs };
      const upload = { tenantId: caller.tenantId, uploadedBy: caller.name, id, name: name ?? '', format };
      return jsonOf(await this.uploads.receive(upload, wireBytes(body, limits)));
    } finally {
      this.inFlight.release(1, caller.tenantId);
    }
  }
}

function textOf(query: Record<string, unknown>, field: string): string | undefined {
  const value = query[field];
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw fieldInvalid(field, 'may be given once');
  return value;
}

function jsonOf({ contentHash: _, startedAt, finishedAt, ...upload }: StoredUpload): object {
  return { ...upload, startedAt: startedAt.toISOString(), finishedAt: finishedAt?.toISOString() };
}
