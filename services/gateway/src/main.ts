import { runService } from '#process';
import { GatewaySettings } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';

await runService('gateway', async () => ({ modules: [GatewayModule], ...GatewaySettings.load() }));
