import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { Inject, Injectable } from '@nestjs/common';
import {
  AppChangedSchema,
  AppChangeKind,
  type AppChangeCause,
  type AppFeedKind,
  type AppSnapshot,
  type FactorChange,
  type MatchRule,
} from '#contracts';
import { decodeEvent, EventLog, type EventRecord, type Follower } from '#event-log';
import type { SettingsOf } from '#kernel';
import { BoundedQueue } from './bounded-queue.js';
import { GatewaySettings } from './gateway.config.js';
import { SubscriptionCount } from './subscription-count.js';

const TOPICS = ['app'];
/** Of the global catalog, which every tenant sees. */
const GLOBAL = '';

/** One change of an app, as a subscriber gets it. */
export interface AppChangeEvent {
  readonly appId: string;
  readonly at: Timestamp;
  readonly kinds: readonly AppFeedKind[];
  readonly before: AppSnapshot | undefined;
  readonly after: Omit<AppSnapshot, '$typeName'> | undefined;
  readonly addedRules: readonly MatchRule[];
  readonly removedRules: readonly MatchRule[];
  readonly changedFactors: readonly FactorChange[];
  readonly cause: AppChangeCause;
  readonly causeDetail: string;
  readonly own: boolean;
}

export interface AppChangeStreamOptions {
  readonly tenantId: string;
  /** Only changes of these kinds; empty = all. */
  readonly kinds: readonly AppFeedKind[];
  /** Called once where the subscriber takes nothing for too long. */
  readonly onSlow: () => void;
}

/**
 * The changes of the catalog that a tenant sees, read from the event log as they happen: those of the global catalog and
 * of its own records. The log is read no further than the subscriber's buffer holds.
 */
@Injectable()
export class AppChangeStreams {
  constructor(
    private readonly eventLog: EventLog,
    @Inject(GatewaySettings.token) private readonly settings: SettingsOf<typeof GatewaySettings>,
    private readonly count: SubscriptionCount,
  ) {}

  /** Begins a stream from now on. @throws DomainError `subscription.too-many` */
  async subscribe(options: AppChangeStreamOptions): Promise<AsyncIterableIterator<AppChangeEvent>> {
    this.count.begin();
    const queue = new BoundedQueue<AppChangeEvent>({
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
      from: 'latest',
      onRecord: async (record) => {
        const change = changeIn(record, options);
        if (change) await queue.push(change);
      },
    });
    // From now on means: from before the subscriber is told that it is subscribed.
    await follower.caughtUp.catch((error: unknown) => queue.fail(error));
    return queue;
  }
}

function changeIn(record: EventRecord, { tenantId, kinds }: AppChangeStreamOptions): AppChangeEvent | undefined {
  if (record.tenantId !== GLOBAL && record.tenantId !== tenantId) return undefined;
  const event = decodeEvent(AppChangedSchema, record);
  if (!event?.app || event.kinds.length === 0) return undefined;
  if (kinds.length > 0 && !event.kinds.some((kind) => kinds.includes(kind))) return undefined;
  const { name, category, aiKind, generativeAi, confidence } = event.app;
  // A record that was dropped shows the app as it was last.
  const score = event.removed ? event.resultingScore : event.app.score;
  const gone = event.changes.includes(AppChangeKind.REMOVED);
  return {
    appId: event.appId,
    at: timestampFromDate(record.time),
    kinds: event.kinds,
    before: event.previous,
    after: gone ? undefined : { name, category, aiKind, generativeAi, score, confidence },
    addedRules: event.addedRules,
    removedRules: event.removedRules,
    changedFactors: event.changedFactors,
    cause: event.cause,
    causeDetail: event.causeDetail,
    own: record.tenantId !== GLOBAL,
  };
}
