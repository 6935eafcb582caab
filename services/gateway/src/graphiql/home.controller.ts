import { Controller, Get, Inject, NotFoundException, Redirect } from '@nestjs/common';
import { Public } from '#access';
import type { SettingsOf } from '#kernel';
import { GatewaySettings } from '../gateway.config.js';

/** Who opens the address that the start prints is taken to a page. */
@Controller()
@Public()
export class HomeController {
  constructor(@Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>) {}

  @Get()
  @Redirect('/graphiql', 302)
  home(): void {
    if (!this.settings.graphiql) throw new NotFoundException();
  }
}
