import { runService } from '#process';
import { CatalogSettings } from './catalog.config.js';
import { CatalogModule } from './catalog.module.js';

await runService('catalog', async () => ({ modules: [CatalogModule], ...CatalogSettings.load() }));
