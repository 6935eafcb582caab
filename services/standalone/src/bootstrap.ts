// `npm run bootstrap`: what the first start of the standalone process does, for services in processes of their own.
import { IdentityService, TelemetryService } from '#contracts';
import { explainStop } from '#process';
import { connectContracts } from '#rpc';
import { firstStart } from './first-start.js';
import { StandaloneSettings } from './standalone.config.js';

async function main(): Promise<void> {
  const contracts = connectContracts('bootstrap', [IdentityService, TelemetryService]);
  try {
    const made = await firstStart(contracts, StandaloneSettings.load());
    process.stdout.write(
      made
        ? `  admin token       ${made.adminToken}\n  enrolment secret  ${made.enrolmentSecret}\nBoth are shown this once: keep them.\n`
        : 'There is an organisation already.\n',
    );
  } finally {
    contracts.close();
  }
}

main().catch((error: unknown) => explainStop('The bootstrap', error));
