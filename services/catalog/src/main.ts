import { runServices } from '#process';
import { CatalogSettings } from './catalog.config.js';

await runServices(['catalog'], async () => {
  const settings = CatalogSettings.load();
  const { CatalogModule } = await import('./catalog.module.js');
  return { modules: [CatalogModule], ...settings };
});
