import { runServices } from '#process';
import { TelemetrySettings } from './telemetry.config.js';

await runServices(['telemetry'], async () => {
  const settings = TelemetrySettings.load();
  const { TelemetryModule } = await import('./telemetry.module.js');
  return { modules: [TelemetryModule], ...settings };
});
