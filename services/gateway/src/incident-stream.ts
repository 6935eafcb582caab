import { Inject, Injectable } from '@nestjs/common';
import { IncidentChangedSchema, type Alert, type Incident, type IncidentChangeKind, type Severity } from '#contracts';
import { decodeCursor, decodeEvent, encodeCursor, EventLog, type EventRecord, type Follower } from '#event-log';
import { isDomainError, type SettingsOf } from '#kernel';
import { BoundedQueue } from './bounded-queue.js';
import { GatewaySettings } from './gateway.config.js';
import { incidentCursorExpired, incidentCursorInvalid } from './gateway.errors.js';
import { SubscriptionCount } from './subscription-count.js';

const TOPICS = ['incident'];

/** One change of an incident, as a subscriber gets it. */
export interface IncidentChangeEvent {
  readonly cursor: string;
  readonly incident: Incident;
  readonly changes: readonly IncidentChangeKind[];
  readonly alert: Alert | undefined;
}

export interface IncidentStreamOptions {
  readonly tenantId: string;
  /** A cursor of an earlier change; undefined = from now on. */
  readonly after?: string | undefined;
  /** Only incidents of these severities; empty = all. */
  readonly severities: readonly Severity[];
  /** Called once where the subscriber takes nothing for too long. */
  readonly onSlow: () => void;
}

/**
 * The changes of a tenant's incidents, read from the event log. A change carries the cursor behind it, so whoever goes
 * on from there misses and repeats nothing. The log is read no further than the subscriber's buffer holds.
 */
@Injectable()
export class IncidentStreams {
  constructor(
    private readonly eventLog: EventLog,
    @Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>,
    private readonly count: SubscriptionCount,
  ) {}

  /**
   * Begins a stream. What is wrong with its cursor is thrown here or, where only the log can tell, by the stream.
   *
   * @throws DomainError `incident.cursor-invalid`, `incident.cursor-expired`, `subscription.too-many`
   */
  async subscribe(options: IncidentStreamOptions): Promise<AsyncIterableIterator<IncidentChangeEvent>> {
    const from = options.after === undefined ? 'latest' : this.decode(options.after);
    this.count.begin();
    const queue = new BoundedQueue<IncidentChangeEvent>({
      capacity: this.settings.subscriptionBuffer,
      patienceMs: this.settings.slowSubscriberSeconds * 1000,
      onSlow: options.onSlow,
      onEnd: () => {
        this.count.end();
        void follower.close();
      },
    });
    const follower: Follower = this.eventLog.follow({
      topics: TOPICS,
      from,
      onRecord: async (record) => {
        const event = changeIn(record, options);
        if (event) await queue.push({ ...event, cursor: encodeCursor(follower.cursor()) });
      },
    });
    const failed = follower.caughtUp.catch((error: unknown) => queue.fail(toIncidentError(error)));
    // From now on means: from before the subscriber is told that it is subscribed.
    if (from === 'latest') await failed;
    return queue;
  }

  /** A cursor that stands for now. */
  async cursor(): Promise<string> {
    const follower = this.eventLog.follow({ topics: TOPICS, from: 'latest', onRecord: () => undefined });
    try {
      await follower.caughtUp;
      return encodeCursor(follower.cursor());
    } finally {
      await follower.close();
    }
  }

  private decode(text: string): ReturnType<typeof decodeCursor> {
    try {
      return decodeCursor(text, TOPICS, this.eventLog.catalog);
    } catch (error) {
      throw toIncidentError(error);
    }
  }
}

function changeIn(
  record: EventRecord,
  options: IncidentStreamOptions,
): Omit<IncidentChangeEvent, 'cursor'> | undefined {
  if (record.tenantId !== options.tenantId) return undefined;
  const event = decodeEvent(IncidentChangedSchema, record);
  if (!event?.incident) return undefined;
  if (options.severities.length > 0 && !options.severities.includes(event.incident.severity)) return undefined;
  return { incident: event.incident, changes: event.changes, alert: event.alert };
}

/** The log's words for a bad cursor are about topics; a subscriber knows of none. */
function toIncidentError(error: unknown): unknown {
  if (!isDomainError(error)) return error;
  if (error.code === 'event-log.cursor-expired') return incidentCursorExpired();
  if (error.code === 'event-log.cursor-invalid') return incidentCursorInvalid();
  return error;
}
