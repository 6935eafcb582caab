import { create, toBinary } from '@bufbuild/protobuf';
import { Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Allow, Caller, type Principal } from '#access';
import { TelemetryReceiptSchema } from '#contracts';
import { readBody, type SettingsOf } from '#kernel';
import { BatchService, type Receipt } from './batch.service.js';
import { InFlight } from './in-flight.js';
import { TelemetrySettings } from './telemetry.config.js';
import { overloaded } from './telemetry.errors.js';

/** What gzip may make of a telemetry batch at the most, as far as making room for it is concerned. */
const INFLATION = 10;
/** Agents send one batch after the other; what one device has in work must not keep the others out. */
const BATCHES_OF_A_DEVICE = 4;
const PROTOBUF = 'application/x-protobuf';

@Controller('v1')
export class BatchController {
  private readonly inFlight: InFlight;

  constructor(
    private readonly batches: BatchService,
    @Inject(TelemetrySettings.token) private readonly settings: SettingsOf<typeof TelemetrySettings>,
  ) {
    this.inFlight = new InFlight(settings.maxInFlightBytes, BATCHES_OF_A_DEVICE);
  }

  /** `POST /v1/telemetry`: a TelemetryBatch of a device in JSON or protobuf, answered in the same form. */
  @Post('telemetry')
  @Allow('device')
  @HttpCode(200)
  async receive(
    @Caller() caller: Principal,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const { maxBatchBytes: maxBytes, maxBatchInflatedBytes: maxInflatedBytes } = this.settings;
    const share = this.shareOf(request);
    if (!this.inFlight.take(share, caller.id)) throw overloaded();
    try {
      const isProtobuf = /^application\/(x-)?protobuf\b/i.test(request.headers['content-type'] ?? '');
      const body = await readBody(request, { maxBytes, maxInflatedBytes });
      const source = { tenantId: caller.tenantId, deviceId: caller.id };
      const receipt = await this.batches.accept(source, body, isProtobuf);
      if (!isProtobuf) return jsonOf(receipt);
      void reply.header('Content-Type', PROTOBUF);
      return Buffer.from(toBinary(TelemetryReceiptSchema, create(TelemetryReceiptSchema, receipt)));
    } finally {
      this.inFlight.release(share, caller.id);
    }
  }

  private shareOf(request: FastifyRequest): number {
    const { maxBatchBytes, maxBatchInflatedBytes } = this.settings;
    const declared = Number(request.headers['content-length'] ?? maxBatchBytes) || 0;
    const encoded = request.headers['content-encoding'] !== undefined;
    return Math.min(encoded ? declared * INFLATION : declared, maxBatchInflatedBytes);
  }
}

/** The number as a number: the mapping of protobuf would make it a text, and leave out what is 0. */
function jsonOf({ sequence, ...rest }: Receipt): object {
  return { sequence: Number(sequence), ...rest };
}
