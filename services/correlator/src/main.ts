import { runServices } from '#process';
import { CorrelatorSettings } from './correlator.config.js';

await runServices(['correlator'], async () => {
  const settings = CorrelatorSettings.load();
  const { CorrelatorModule } = await import('./correlator.module.js');
  return { modules: [CorrelatorModule], ...settings };
});
