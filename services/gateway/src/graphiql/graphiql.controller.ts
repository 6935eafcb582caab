import { Controller, Get, Header, Inject, NotFoundException, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Public } from '#access';
import type { SettingsOf } from '#kernel';
import { GatewaySettings } from '../gateway.config.js';
import { readAsset, PAGE } from './assets.js';

/** Everything comes from this server; styles are inline because the editor sets them that way. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** GraphiQL, served from this process: the page and its files are open, the API behind them is not. */
@Controller('graphiql')
@Public()
export class GraphiqlController {
  constructor(@Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>) {}

  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', CONTENT_SECURITY_POLICY)
  @Header('X-Content-Type-Options', 'nosniff')
  @Header('Referrer-Policy', 'no-referrer')
  @Header('Cache-Control', 'no-cache')
  page(): string {
    this.refuseIfOff();
    return PAGE;
  }

  @Get('assets/:name')
  async asset(@Param('name') name: string, @Res() reply: FastifyReply): Promise<void> {
    this.refuseIfOff();
    const asset = await readAsset(name);
    if (!asset) throw new NotFoundException();
    await reply
      .header('Content-Type', asset.type)
      .header('X-Content-Type-Options', 'nosniff')
      // Their names carry their version.
      .header('Cache-Control', asset.versioned ? 'public, max-age=31536000, immutable' : 'no-cache')
      .send(asset.bytes);
  }

  private refuseIfOff(): void {
    if (!this.settings.graphiql) throw new NotFoundException();
  }
}
