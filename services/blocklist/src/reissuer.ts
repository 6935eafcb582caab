import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { messageOf } from '#kernel';
import { BlocklistService } from './blocklist.service.js';

const INTERVAL_MS = 60_000;

/** Signs lists anew before they expire, so that a device may take an old signature as the sign of a frozen server. */
@Injectable()
export class Reissuer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Reissuer.name);
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(private readonly service: BlocklistService) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => this.start(), INTERVAL_MS).unref();
    this.start();
  }

  async onModuleDestroy(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private start(): void {
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  private async run(): Promise<void> {
    try {
      let count = 0;
      for (let done = await this.service.reissueDue(); done > 0; done = await this.service.reissueDue()) count += done;
      if (count > 0) this.logger.log(`${count} block lists were signed anew.`);
    } catch (error) {
      this.logger.warn(`Block lists could not be signed anew; the next try is in a minute: ${messageOf(error)}`);
    }
  }
}
