import { runService } from '#process';
import { PolicySettings } from './policy.config.js';
import { PolicyModule } from './policy.module.js';

await runService('policy', async () => ({ modules: [PolicyModule], ...PolicySettings.load() }));
