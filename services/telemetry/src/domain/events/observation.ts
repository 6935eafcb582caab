import type { UsageAction, UsageEvent, UsageEventKind } from '#contracts';

/**
 * A usage event that was checked, in the flat form that parsing, matching and folding work on. Hosts are lower-case
 * ASCII, addresses lower-case; what the source did not say is empty or 0.
 */
export interface Observation {
  /** Microseconds since 1970, UTC: exact in a number until the year 2255. */
  readonly timeMicros: number;
  readonly kind: UsageEventKind;
  readonly host: string;
  readonly path: string;
  readonly user: string;
  readonly sourceIp: string;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly action: UsageAction;
  readonly process: string;
  readonly bundleId: string;
}

/** The form in which an observation travels in the event log. */
export function usageEventOf(observation: Observation): UsageEvent {
  const seconds = Math.floor(observation.timeMicros / 1e6);
  return {
    $typeName: 'gnomon.agent.v1.UsageEvent',
    time: {
      $typeName: 'google.protobuf.Timestamp',
      seconds: BigInt(seconds),
      nanos: (observation.timeMicros - seconds * 1e6) * 1000,
    },
    kind: observation.kind,
    host: observation.host,
    path: observation.path,
    user: observation.user,
    sourceIp: observation.sourceIp,
    bytesUp: BigInt(observation.bytesUp),
    bytesDown: BigInt(observation.bytesDown),
    action: observation.action,
    process: observation.process,
    bundleId: observation.bundleId,
  };
}

/** Back from the event log. Only for events that were checked before they were published. */
export function observationOf(event: UsageEvent): Observation {
  const { time } = event;
  return {
    timeMicros: time ? Number(time.seconds) * 1e6 + Math.floor(time.nanos / 1000) : 0,
    kind: event.kind,
    host: event.host,
    path: event.path,
    user: event.user,
    sourceIp: event.sourceIp,
    bytesUp: Number(event.bytesUp),
    bytesDown: Number(event.bytesDown),
    action: event.action,
    process: event.process,
    bundleId: event.bundleId,
  };
}
