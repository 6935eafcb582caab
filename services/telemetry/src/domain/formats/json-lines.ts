import { isRejection, readJsonEvent } from '../events/event-reader.js';
import { HOST_PROBLEMS } from '../events/host.js';
import { objectOf, shareOf, type LogFormat } from './log-format.js';

const SKIPPED: ReadonlySet<string> = new Set([
  HOST_PROBLEMS.missing,
  HOST_PROBLEMS.address,
  HOST_PROBLEMS.reverse,
  HOST_PROBLEMS.local,
]);

/** Our own: one usage event a line, as in the JSON body of a telemetry batch. */
export const jsonLines: LogFormat = {
  id: 'json-lines',
  title: 'Gnomon JSON lines',
  detect: (lines) =>
    shareOf(lines, (line) => {
      const fields = objectOf(line);
      return (
        fields !== undefined && 'time' in fields && ('host' in fields || 'process' in fields || 'bundleId' in fields)
      );
    }) * 0.9,
  parser: (bounds) => ({
    line(text) {
      if (text.trim() === '') return undefined;
      const fields = objectOf(text);
      if (!fields) return { error: 'not a JSON object', field: '' };
      const result = readJsonEvent(fields, bounds);
      if (!isRejection(result)) return { event: result };
      if (result.field === 'host' && SKIPPED.has(result.reason)) return { skip: result.reason };
      return { error: result.reason, field: result.field };
    },
  }),
};
