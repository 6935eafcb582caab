import { runService } from '#process';
import { BlocklistSettings } from './blocklist.config.js';
import { BlocklistModule } from './blocklist.module.js';

await runService('blocklist', async () => ({ modules: [BlocklistModule], ...BlocklistSettings.load() }));
