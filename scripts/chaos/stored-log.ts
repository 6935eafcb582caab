import { fromBinary } from '@bufbuild/protobuf';
import { AppTagChangedSchema, IncidentChangedSchema, TelemetryReceivedSchema } from '#contracts';
import type { AuditedRecord } from '../../libs/testkit/src/audit/kafka-audit.js';
import { note, type BatchSeal } from './accounting.js';

export interface LogFindings {
  /** Batches that were acknowledged and of which the log has no whole copy, in events. */
  readonly lost: number;
  /** Batches that nobody sent, or not so, in events. */
  readonly strange: number;
  /** Batches, decisions and incidents that came before what they follow. */
  readonly misordered: number;
  /** Records of batches that the log holds more than once; consumers count them once. */
  readonly sentTwice: number;
  readonly records: number;
  readonly details: string[];
}

/** Hands over every record of a topic, each partition in its order. */
export type ReadTopic = (topic: string, onRecord: (record: AuditedRecord) => void) => Promise<void>;

/** Reads the topics with another client than the product's. `batches`: by device, in the order they were acknowledged in. */
export async function checkLog(
  read: ReadTopic,
  batches: ReadonlyMap<string, readonly BatchSeal[]>,
): Promise<LogFindings> {
  const findings = { lost: 0, strange: 0, misordered: 0, sentTwice: 0, records: 0, details: [] as string[] };
  const reached = new Map<string, number>();
  await read('telemetry', ({ value, partition, offset }) => {
    const { sourceId, sequence, events } = fromBinary(TelemetryReceivedSchema, value);
    const seals = batches.get(sourceId);
    if (!seals) return;
    findings.records += 1;
    const at = `telemetry/${partition}@${offset}: batch ${sequence} of ${sourceId}`;
    const number = Number(sequence);
    const seal = seals[number - 1];
    const sum = events.reduce((total, event) => total + Number(event.bytesUp), 0);
    if (seal?.events !== events.length || seal.sum !== sum) {
      findings.strange += events.length;
      note(findings.details, `${at} is not what was sent`);
      return;
    }
    const before = reached.get(sourceId) ?? 0;
    if (number <= before) {
      findings.sentTwice += 1;
      return;
    }
    if (number > before + 1) {
      findings.misordered += 1;
      note(findings.details, `${at} comes right after ${before}`);
    }
    reached.set(sourceId, number);
  });
  for (const [device, seals] of batches) {
    const missing = seals.slice(reached.get(device) ?? 0);
    findings.lost += missing.reduce((sum, seal) => sum + seal.events, 0);
    if (missing.length > 0) note(findings.details, `the log lacks the last ${missing.length} batches of ${device}`);
  }
  findings.misordered += await disorderOfTags(read, findings.details);
  findings.misordered += await disorderOfIncidents(read, findings.details);
  return findings;
}

/** Each decision says which one it follows. */
async function disorderOfTags(read: ReadTopic, details: string[]): Promise<number> {
  const tags = new Map<string, number>();
  let misordered = 0;
  await read(
    'app-tag',
    withoutRepeated(({ key, value, partition, offset }) => {
      const { tag, previousTag } = fromBinary(AppTagChangedSchema, value);
      if ((tags.get(key) ?? 0) !== previousTag) {
        misordered += 1;
        note(details, `app-tag/${partition}@${offset}: ${key} was ${tags.get(key) ?? 0}, not ${previousTag}`);
      }
      tags.set(key, tag?.tag ?? 0);
    }),
  );
  return misordered;
}

/** The version of an incident counts up with every change. */
async function disorderOfIncidents(read: ReadTopic, details: string[]): Promise<number> {
  const versions = new Map<string, bigint>();
  let misordered = 0;
  await read(
    'incident',
    withoutRepeated(({ key, value, partition, offset }) => {
      const version = fromBinary(IncidentChangedSchema, value).incident?.version ?? 0n;
      const before = versions.get(key) ?? 0n;
      if (version <= before) {
        misordered += 1;
        note(details, `incident/${partition}@${offset}: ${key} was at version ${before} and is at ${version}`);
      }
      versions.set(key, version);
    }),
  );
  return misordered;
}

/** A relay that died may have sent records again; every consumer drops them by their place in the outbox. */
function withoutRepeated(onRecord: (record: AuditedRecord) => void): (record: AuditedRecord) => void {
  const last = new Map<number, bigint>();
  return (record) => {
    const place = BigInt(record.headers['ce_outboxoffset'] ?? -1);
    if (place <= (last.get(record.partition) ?? -1n)) return;
    last.set(record.partition, place);
    onRecord(record);
  };
}
