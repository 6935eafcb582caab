import { jsonLines } from './json-lines.js';
import type { LogFormat } from './log-format.js';
import { squidNative } from './squid-native.js';
import { zeekJson } from './zeek-json.js';
import { zeekTsv } from './zeek-tsv.js';

/** Every log format that can be read. A new one is a file beside its siblings and a line here. */
export const LOG_FORMATS: readonly LogFormat[] = [squidNative, zeekTsv, zeekJson, jsonLines];

/** Below this a guess is worse than asking. */
const LEAST_CONFIDENCE = 0.5;

/** The format of that id. */
export function formatOf(id: string): LogFormat | undefined {
  return LOG_FORMATS.find((format) => format.id === id);
}

/** The format that a file beginning with these lines has most likely; undefined where none fits. */
export function detectFormat(lines: readonly string[]): LogFormat | undefined {
  let best: LogFormat | undefined;
  let confidence = 0;
  for (const format of LOG_FORMATS) {
    const found = format.detect(lines);
    if (found >= LEAST_CONFIDENCE && found > confidence) {
      best = format;
      confidence = found;
    }
  }
  return best;
}
