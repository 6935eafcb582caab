import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Health } from '../health.js';
import { Metrics } from '../metrics.js';
import { Unguarded } from '../unguarded.js';

/** What an orchestrator and a monitor ask of every process. Shows no tenant's data. */
@Controller()
@Unguarded()
export class HealthController {
  constructor(
    private readonly health: Health,
    private readonly metrics: Metrics,
  ) {}

  /** Alive: the event loop answers. Touches no dependency, so that a slow database restarts nothing. */
  @Get('healthz')
  live(): { status: string } {
    return { status: 'ok' };
  }

  @Get('readyz')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const state = await this.health.readiness();
    await reply.status(state.ready ? 200 : 503).send(state);
  }

  @Get('metrics')
  async scrape(@Res() reply: FastifyReply): Promise<void> {
    const text = await this.metrics.render();
    await reply.header('Content-Type', this.metrics.registry.contentType).send(text);
  }
}
