import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { generateUpdateKey, readTrustedKeys, UPDATE_SUFFIX } from '../../services/catalog/src/domain/update-file.js';
import { checkUpdate, packCatalog, packRollback, writeWhole } from './update-files.js';

/** Adds `keygen`, `pack`, `verify` and `rollback` to a command. */
export function addUpdateCommands(program: Command): void {
  program
    .command('keygen')
    .description('make a key that signs catalog updates')
    .requiredOption('--out <file>', 'where the private key goes; it is not overwritten')
    .option('--json', 'one JSON object')
    .action(({ out, json }: { out: string; json?: boolean }) => {
      const { privatePem, publicText, keyId } = generateUpdateKey();
      writeFileSync(out, privatePem, { mode: 0o600, flag: 'wx' });
      if (json) console.log(JSON.stringify({ keyId, publicKey: publicText, privateKeyFile: out }));
      else console.log(`Key ${keyId} is in ${out}: keep it secret.\nGNOMON_CATALOG_UPDATE_KEYS=${publicText}`);
    });
  program
    .command('pack')
    .description('sign a compiled catalog, so that installations take it as an update')
    .argument('<apps>', 'the compiled catalog, apps.jsonl')
    .requiredOption('--key <file>', 'the private key')
    .requiredOption('--out <file>', `the update; its name ends in ${UPDATE_SUFFIX}`)
    .action((apps: string, { key, out }: { key: string; out: string }) => {
      const file = packCatalog(readFileSync(apps, 'utf8'), readFileSync(key, 'utf8'));
      writeWhole(named(out), file);
      console.log(`${out}: ${(file.length / 1e6).toFixed(2)} MB`);
    });
  program
    .command('verify')
    .description('check an update file as an installation would')
    .argument('<file>', 'the update file')
    .option('--keys <keys>', 'the public keys that are trusted (GNOMON_CATALOG_UPDATE_KEYS)')
    .option('--json', 'one JSON object')
    .action((path: string, { keys, json }: { keys?: string; json?: boolean }) => {
      const trusted = readTrustedKeys(keys ?? process.env['GNOMON_CATALOG_UPDATE_KEYS'] ?? '');
      const { header, apps } = checkUpdate(path, trusted);
      const { kind, version, keyId, bytes } = header;
      if (json) console.log(JSON.stringify({ kind, version, keyId, bytes, apps }));
      else if (kind === 'rollback') console.log(`An order to go back behind version ${version}, signed by ${keyId}.`);
      else console.log(`Version ${version} with ${apps} apps, signed by ${keyId}.`);
    });
  program
    .command('rollback')
    .description('sign an order to go back behind a version; installations stay there until a newer one comes')
    .argument('<version>', 'the version that is bad')
    .requiredOption('--key <file>', 'the private key')
    .requiredOption('--out <file>', `the order; its name ends in ${UPDATE_SUFFIX}`)
    .action((version: string, { key, out }: { key: string; out: string }) => {
      writeWhole(named(out), packRollback(version, readFileSync(key, 'utf8')));
      console.log(`${out}: put it beside the updates of an installation that shall go back behind ${version}.`);
    });
}

function named(path: string): string {
  if (!path.endsWith(UPDATE_SUFFIX))
    throw new Error(`The name must end in ${UPDATE_SUFFIX}, or no installation sees it.`);
  return path;
}
