import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock.js';
import { Health } from './health.js';
import { HealthController } from './http/health.controller.js';
import { Metrics } from './metrics.js';
import { SecretBox, SecretSettings } from './secret-box.js';

/** What every process has, once: clock, metrics, health and the secret box. */
@Global()
@Module({
  controllers: [HealthController],
  providers: [{ provide: Clock, useClass: SystemClock }, Metrics, Health, SecretSettings.provider, SecretBox],
  exports: [Clock, Metrics, Health, SecretBox],
})
export class KernelModule {}
