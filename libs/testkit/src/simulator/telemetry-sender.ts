import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { TelemetryBatchSchema, UsageAction, UsageEventKind, type UsageEventSchema } from '#contracts';
import { isTransient, MEDIA_TYPES, Refused, type AgentHttp, type Encoding } from './agent-http.js';
import { backoff, pause, retryAfterOf } from './backoff.js';

export type ObservedEvent = MessageInitShape<typeof UsageEventSchema>;

const MAX_BATCH = 1_000;
const MAX_BUFFERED = 100_000;
const zip = promisify(gzip);

/**
 * Sends what a device observed, in batches with growing numbers. A batch is sent until it is acknowledged, always with
 * the number it had, and the next one only after it: so the server can count each once.
 */
export class TelemetrySender {
  private buffer: ObservedEvent[] = [];
  private sequence = 0n;
  private running: Promise<void> | undefined;
  /** Events that were not kept because the server did not take them for too long. */
  dropped = 0;
  /** How often a batch had to be sent again. */
  resent = 0;

  constructor(
    private readonly http: AgentHttp,
    private readonly encoding: Encoding,
    private readonly signal: AbortSignal,
  ) {}

  add(event: ObservedEvent): void {
    if (this.buffer.length >= MAX_BUFFERED) this.dropped += 1;
    else this.buffer.push(event);
  }

  /** Resolves when everything added so far is acknowledged. @throws Refused if the server does not want it */
  async flush(): Promise<void> {
    while (this.running ?? this.buffer.length > 0) {
      this.running ??= this.sendNext().finally(() => (this.running = undefined));
      await this.running;
    }
  }

  private async sendNext(): Promise<void> {
    const events = this.buffer.slice(0, MAX_BATCH);
    this.buffer = this.buffer.slice(MAX_BATCH);
    this.sequence += 1n;
    const body = await zip(encode(this.sequence, events, this.encoding));
    const headers = { 'Content-Type': MEDIA_TYPES[this.encoding], 'Content-Encoding': 'gzip' };
    for (let failures = 1; ; failures += 1) {
      const answer = await this.http.post('/v1/telemetry', body, headers).catch(() => undefined);
      if (answer?.ok) return void (await answer.arrayBuffer());
      if (answer && !isTransient(answer.status)) throw await Refused.by(answer);
      await answer?.arrayBuffer();
      if (this.signal.aborted) throw new Error('The device was stopped before its telemetry was acknowledged.');
      this.resent += 1;
      await pause(backoff(failures, answer ? retryAfterOf(answer) : 0), this.signal);
    }
  }
}

function encode(sequence: bigint, events: readonly ObservedEvent[], encoding: Encoding): Uint8Array {
  if (encoding === 'protobuf') {
    return toBinary(TelemetryBatchSchema, create(TelemetryBatchSchema, { sequence, events: [...events] }));
  }
  return Buffer.from(JSON.stringify({ sequence: Number(sequence), events: events.map(jsonOf) }));
}

function jsonOf(event: ObservedEvent): object {
  return {
    time: event.time && timestampDate(event.time as Parameters<typeof timestampDate>[0]).toISOString(),
    kind: UsageEventKind[event.kind ?? UsageEventKind.UNSPECIFIED].toLowerCase(),
    host: event.host,
    user: event.user,
    sourceIp: event.sourceIp,
    bytesUp: Number(event.bytesUp ?? 0n),
    bytesDown: Number(event.bytesDown ?? 0n),
    action: UsageAction[event.action ?? UsageAction.UNSPECIFIED].toLowerCase(),
  };
}
