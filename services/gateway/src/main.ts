import { runServices } from '#process';
import { GatewaySettings } from './gateway.config.js';

await runServices(['gateway'], async () => {
  const settings = GatewaySettings.load();
  const { GatewayModule } = await import('./gateway.module.js');
  return { modules: [GatewayModule], ...settings };
});
