import { runServices } from '#process';
import { BlocklistSettings } from './blocklist.config.js';

await runServices(['blocklist'], async () => {
  const settings = BlocklistSettings.load();
  const { BlocklistModule } = await import('./blocklist.module.js');
  return { modules: [BlocklistModule], ...settings };
});
