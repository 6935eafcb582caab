import { runServices } from '#process';
import { PolicySettings } from './policy.config.js';

await runServices(['policy'], async () => {
  const settings = PolicySettings.load();
  const { PolicyModule } = await import('./policy.module.js');
  return { modules: [PolicyModule], ...settings };
});
