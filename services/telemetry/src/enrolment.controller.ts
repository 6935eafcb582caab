import { Controller, HttpCode, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Public } from '#access';
import { readJson } from '#kernel';
import { DeviceService, type Enrolment } from './device.service.js';
import { InFlight } from './in-flight.js';
import { fieldInvalid, overloaded } from './telemetry.errors.js';

const MAX_BODY_BYTES = 16 * 1024;
/** Anybody may knock: so many at a time, so that knocking does not keep others from the database. */
const MAX_IN_FLIGHT = 64;

/** What a device gets when it enrols. */
interface Enrolled {
  readonly deviceId: string;
  /** For `Authorization: Bearer`; shown here only. */
  readonly credential: string;
  readonly group: string;
  readonly tenant: string;
}

@Controller('v1')
export class EnrolmentController {
  private readonly inFlight = new InFlight(MAX_IN_FLIGHT);

  constructor(private readonly devices: DeviceService) {}

  /** `POST /v1/enrol`: `{secret, name, os, agentVersion}` in JSON; the secret is the caller's only credential. */
  @Post('enrol')
  @Public()
  @HttpCode(201)
  async enrol(@Req() request: FastifyRequest): Promise<Enrolled> {
    if (!this.inFlight.take(1)) throw overloaded();
    try {
      const body = await readJson(request, { maxBytes: MAX_BODY_BYTES });
      if (typeof body !== 'object' || body === null) throw fieldInvalid('body', 'must be a JSON object');
      const { secret, ...rest } = body as Partial<Enrolment>;
      if (typeof secret !== 'string') throw fieldInvalid('secret', 'must be a text');
      const { device, credential } = await this.devices.enrol({ secret, ...rest } as Enrolment);
      return { deviceId: device.deviceId, credential, group: device.group, tenant: device.tenantId };
    } finally {
      this.inFlight.release(1);
    }
  }
}
