import { Inject, Injectable } from '@nestjs/common';
import { Metrics, type SettingsOf } from '#kernel';
import { GatewaySettings } from './gateway.config.js';
import { tooManySubscriptions } from './gateway.errors.js';

/** How many subscriptions are served, of whichever kind: there is one limit for all. */
@Injectable()
export class SubscriptionCount {
  private open = 0;

  constructor(
    @Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>,
    metrics: Metrics,
  ) {
    const count = (): number => this.open;
    metrics.gauge({
      name: 'gnomon_gateway_subscriptions',
      help: 'Subscriptions being served.',
      collect() {
        this.set(count());
      },
    });
  }

  /** @throws DomainError `subscription.too-many` */
  begin(): void {
    if (this.open >= this.settings.maxSubscriptions) throw tooManySubscriptions();
    this.open += 1;
  }

  end(): void {
    this.open -= 1;
  }
}
