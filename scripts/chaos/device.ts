import { setTimeout as sleep } from 'node:timers/promises';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { TelemetryBatchSchema, TelemetryReceiptSchema, UsageAction, UsageEventKind } from '#contracts';
import { fingerprint, note, type AccountedBatch } from './accounting.js';

export interface Enrolment {
  readonly deviceId: string;
  readonly credential: string;
  readonly tenant: string;
  readonly group: string;
}

/** A part of what answered: how the answer was refused, or not understood. Nothing of it may happen. */
export class Complaints {
  count = 0;
  readonly details: string[] = [];

  add(line: string): void {
    this.count += 1;
    note(this.details, line);
  }
}

const ANSWER_TIMEOUT_MS = 5_000;
const PROTOBUF = { 'Content-Type': 'application/x-protobuf' };

/** Enrols a device, however often that takes. */
export async function enrol(url: string, secret: string, name: string): Promise<Enrolment> {
  for (;;) {
    const answer = await fetch(`${url}/v1/enrol`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret, name, os: 'Ubuntu 24.04', agentVersion: '1.0.0' }),
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    }).catch(() => undefined);
    if (answer?.status === 201) return (await answer.json()) as Enrolment;
    if (answer && answer.status < 500) throw new Error(`Enrolment was refused: ${await answer.text()}`);
    await sleep(200);
  }
}

/** A device that sends batches one after the other, each until it is acknowledged. */
export class Device {
  private sequence = 0;
  /** How often a batch had to be sent again. */
  resent = 0;

  constructor(
    private readonly url: string,
    readonly enrolment: Enrolment,
    readonly user: string,
    private readonly complaints: Complaints,
  ) {}

  get id(): string {
    return this.enrolment.deviceId;
  }

  /** @returns the batch, once it is acknowledged */
  async send(events: AccountedBatch['events'], answerTimeoutMs = ANSWER_TIMEOUT_MS): Promise<AccountedBatch> {
    const sequence = (this.sequence += 1);
    const body = this.encode(sequence, events);
    for (let attempt = 1; !(await this.attempt(body, sequence, events.length, answerTimeoutMs)); attempt++) {
      this.resent += 1;
      await sleep(Math.min(50 * 2 ** attempt, 500) * (0.5 + Math.random()));
    }
    return { deviceId: this.id, user: this.user, sequence, events };
  }

  private async attempt(body: Uint8Array, sequence: number, events: number, timeoutMs: number): Promise<boolean> {
    const name = `batch ${sequence} of ${this.id}`;
    try {
      const answer = await fetch(`${this.url}/v1/telemetry`, {
        method: 'POST',
        headers: { ...PROTOBUF, Authorization: `Bearer ${this.enrolment.credential}` },
        body: new Uint8Array(body),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const content = new Uint8Array(await answer.arrayBuffer());
      if (answer.status === 200) {
        const receipt = fromBinary(TelemetryReceiptSchema, content);
        const isWhole = receipt.accepted === events && receipt.rejected.length === 0;
        if (!isWhole || Number(receipt.sequence) !== sequence) this.complaints.add(`${name}: not accepted as a whole`);
        return true;
      }
      const text = new TextDecoder().decode(content).slice(0, 300);
      if (answer.status < 500 && answer.status !== 429) this.complaints.add(`${name}: ${answer.status} ${text}`);
      return false;
    } catch {
      return false;
    }
  }

  private encode(sequence: number, events: AccountedBatch['events']): Uint8Array {
    const time = timestampFromDate(new Date());
    const batch = create(TelemetryBatchSchema, {
      sequence: BigInt(sequence),
      events: events.map(({ number, host, blocked }) => ({
        time,
        kind: UsageEventKind.NETWORK,
        host,
        user: this.user,
        bytesUp: BigInt(number),
        bytesDown: BigInt(fingerprint(number)),
        action: blocked ? UsageAction.BLOCKED : UsageAction.ALLOWED,
      })),
    });
    return toBinary(TelemetryBatchSchema, batch);
  }
}
