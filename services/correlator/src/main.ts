import { runService } from '#process';
import { CorrelatorSettings } from './correlator.config.js';
import { CorrelatorModule } from './correlator.module.js';

await runService('correlator', async () => ({ modules: [CorrelatorModule], ...CorrelatorSettings.load() }));
