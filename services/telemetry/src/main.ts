import { runService } from '#process';
import { TelemetrySettings } from './telemetry.config.js';
import { TelemetryModule } from './telemetry.module.js';

await runService('telemetry', async () => ({ modules: [TelemetryModule], ...TelemetrySettings.load() }));
