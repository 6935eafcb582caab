// `npm run bootstrap`: what the first start of the standalone process does, for services in processes of their own.
import { IdentityService, TelemetryService } from '#contracts';
import { explainStop } from '#process';
import { connectContracts } from '#rpc';
import { firstStart, secretLines } from './first-start.js';
import { StandaloneSettings } from './standalone.config.js';

async function main(): Promise<void> {
  const contracts = connectContracts('bootstrap', [IdentityService, TelemetryService]);
  try {
    const lines = secretLines(await firstStart(contracts, StandaloneSettings.load()));
    process.stdout.write(`${lines.length > 0 ? lines.join('\n') : 'There is an organisation already.'}\n`);
  } finally {
    contracts.close();
  }
}

main().catch((error: unknown) => explainStop('The bootstrap', error));
