import { csv } from './csv.js';
import { fedramp } from './fedramp.js';
import { hibp } from './hibp.js';
import type { Importer } from './importer.js';
import { jsonl } from './jsonl.js';
import { modelsDev } from './models-dev.js';
import { simpleIcons } from './simple-icons.js';
import { twoFactorDirectory } from './two-factor-directory.js';
import { ut1 } from './ut1.js';
import { v2fly } from './v2fly.js';

/** Every importer there is, in the order in which they are listed. */
export const importers: readonly Importer[] = [
  v2fly,
  twoFactorDirectory,
  modelsDev,
  simpleIcons,
  fedramp,
  hibp,
  ut1,
  csv,
  jsonl,
];
