import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { TelemetryReceivedSchema, type UsageEvent } from '#contracts';
import { EventLog } from '#event-log';
import { Clock, isDomainError, newId, type SettingsOf } from '#kernel';
import { ChunkHash } from './chunk-hash.js';
import { cleaned } from './domain/events/text.js';
import { usageEventOf, type Observation } from './domain/events/observation.js';
import { fileBounds } from './domain/events/time.js';
import { detectFormat, formatOf } from './domain/formats/formats.js';
import type { LogFormat } from './domain/formats/log-format.js';
import type { Line } from './domain/lines.js';
import { UploadTally } from './domain/upload-tally.js';
import { LogReader } from './log-reader.js';
import { TelemetrySettings } from './telemetry.config.js';
import { unknownFormat, uploadIdInvalid, uploadIdReused } from './telemetry.errors.js';
import { UploadStore, type StoredUpload } from './upload.store.js';

/** The events of one record of the event log. Part of what makes a file that is sent again the same: never change it. */
const CHUNK_EVENTS = 2_000;
const DETECTION_LINES = 50;
/** Records that are on their way at once. */
const WINDOW = 4;
const OVERLOAD_ATTEMPTS = 30;
const UPLOAD_ID = /^[A-Za-z0-9._-]{1,64}$/;

export interface UploadRequest {
  readonly tenantId: string;
  readonly uploadedBy: string;
  /** Names the upload: the same file sent again under it is counted once. Undefined = a new one. */
  readonly id: string | undefined;
  readonly name: string;
  /** A format's id; undefined = find out. */
  readonly format: string | undefined;
}

/** Takes log files into the event log. */
@Injectable()
export class UploadService {
  constructor(
    private readonly log: EventLog,
    private readonly store: UploadStore,
    private readonly clock: Clock,
    @Inject(TelemetrySettings.token) private readonly settings: SettingsOf<typeof TelemetrySettings>,
  ) {}

  /**
   * Reads a file to its end and publishes what it says; resolves once that is durable. Lines that cannot be read are
   * counted and never stop it. The events' numbering follows from the file alone, so however often a file is sent under
   * one id, and wherever that broke off, each of its lines is counted once. Another file under the id of one that was
   * begun is refused where they begin to differ.
   *
   * @throws DomainError `telemetry.unknown-format`, `telemetry.upload-id-invalid`, `telemetry.upload-id-reused`,
   * `telemetry.file-too-large`, and what the source throws
   */
  async receive(request: UploadRequest, source: AsyncIterable<Buffer>): Promise<StoredUpload> {
    const { tenantId } = request;
    if (request.id !== undefined && !UPLOAD_ID.test(request.id)) throw uploadIdInvalid();
    if (request.format !== undefined && !formatOf(request.format)) throw unknownFormat(request.format);
    const reader = new LogReader(source, this.settings.maxFileInflatedBytes);
    const lines = reader.lines();
    const known = request.id === undefined ? undefined : await this.store.find(tenantId, request.id);
    if (known?.finishedAt) return this.repeated(known, reader, lines);

    const head: Iterable<Line>[] = [];
    const format = await this.formatOf(known?.format || request.format, lines, head);
    const upload = await this.store.begin(tenantId, {
      id: request.id ?? newId(),
      name: cleaned(request.name, 200),
      format: format?.id ?? '',
      startedAt: this.clock.now(),
      uploadedBy: cleaned(request.uploadedBy, 200),
    });
    const tally = new UploadTally();
    const chunks = format ? await this.publish(tenantId, upload, format, tally, chain(head, lines)) : 0n;
    const end = { contentHash: reader.sha256, finishedAt: this.clock.now(), chunks };
    if (reader.damage) tally.addUnreadable({ number: tally.lines + 1, text: '', tooLong: false }, reader.damage);
    return this.store.finish(tenantId, upload.id, tally, end);
  }

  /** A file that was taken in before is only read to see that it is the same. */
  private async repeated(
    known: StoredUpload,
    reader: LogReader,
    lines: AsyncIterable<Iterable<Line>>,
  ): Promise<StoredUpload> {
    for await (const chunk of lines) for (const _line of chunk);
    if (known.contentHash !== reader.sha256) throw uploadIdReused();
    return known;
  }

  /** The format of the file; undefined for a file without lines. What it reads to find out goes to `head`. */
  private async formatOf(
    id: string | undefined,
    lines: AsyncIterator<Iterable<Line>>,
    head: Iterable<Line>[],
  ): Promise<LogFormat | undefined> {
    const named = id === undefined || id === '' ? undefined : formatOf(id);
    if (named) return named;
    const sample: string[] = [];
    while (sample.length < DETECTION_LINES) {
      const next = await lines.next();
      if (next.done) break;
      const chunk = [...next.value];
      head.push(chunk);
      for (const line of chunk) if (line.text.trim() !== '' && sample.length < DETECTION_LINES) sample.push(line.text);
    }
    if (sample.length === 0) return undefined;
    const format = detectFormat(sample);
    if (!format) throw unknownFormat();
    return format;
  }

  private async publish(
    tenantId: string,
    upload: StoredUpload,
    format: LogFormat,
    tally: UploadTally,
    lines: AsyncIterable<Iterable<Line>>,
  ): Promise<bigint> {
    const parser = format.parser(fileBounds(upload.startedAt.getTime() * 1e3));
    const window = new PublishWindow();
    const hash = new ChunkHash();
    let claims: Promise<boolean> = Promise.resolve(true);
    let sequence = 0n;
    let events: UsageEvent[] = [];
    const flush = async (): Promise<void> => {
      const chunk = { sourceId: `upload:${upload.id}`, sequence: (sequence += 1n), deviceId: '', events };
      const content = hash.take();
      events = [];
      await window.add(async () => {
        // One after the other: none behind a chunk that is refused may be published.
        claims = claims.then(() => this.store.claimChunk(tenantId, upload.id, chunk.sequence, content));
        if (await claims) await this.publishChunk(chunk, tenantId);
      });
    };
    const take = (event: Observation): void => void events.push(usageEventOf(event));
    for await (const chunk of lines) {
      for (const line of chunk) {
        if (line.tooLong) {
          tally.addUnreadable(line, 'line is too long');
          continue;
        }
        hash.add(line.text);
        const result = parser.line(line.text, line.number);
        tally.add(line, result);
        if (result && 'event' in result) take(result.event);
        if (events.length === CHUNK_EVENTS) await flush();
      }
    }
    if (events.length > 0) await flush();
    await window.drain();
    return sequence;
  }

  /** An event log that is overloaded slows the upload down: its sender waits, and no longer than it must. */
  private async publishChunk(chunk: Parameters<typeof this.log.publish>[1], tenantId: string): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.log.publish(TelemetryReceivedSchema, chunk, { tenantId });
        return;
      } catch (error) {
        if (attempt >= OVERLOAD_ATTEMPTS || !isDomainError(error) || error.kind !== 'overloaded') throw error;
        await delay((error.details.retryAfterSeconds ?? 1) * 1_000);
      }
    }
  }
}

/** Lets a few promises run at once and holds up the next; the first failure is thrown where the next one is added. */
class PublishWindow {
  private readonly running = new Set<Promise<void>>();
  private failure: { readonly error: unknown } | undefined;

  async add(work: () => Promise<void>): Promise<void> {
    while (this.running.size >= WINDOW) await Promise.race(this.running);
    if (this.failure) throw this.failure.error;
    const promise: Promise<void> = work()
      .catch((error: unknown) => {
        this.failure ??= { error };
      })
      .finally(() => this.running.delete(promise));
    this.running.add(promise);
  }

  async drain(): Promise<void> {
    await Promise.all(this.running);
    if (this.failure) throw this.failure.error;
  }
}

async function* chain<T>(head: readonly T[], rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield* head;
  yield* rest;
}
