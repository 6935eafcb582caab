import type { KafkaSettings } from '#event-log';

export type Compression = KafkaSettings['compression'];
export type WorkloadName = keyof typeof WORKLOADS;
export type ClientName = 'kafka' | 'postgres' | 'bare' | 'bareEvents' | 'kafkajs';
export type Action = 'publish' | 'read' | 'consume';

/** Bytes of a record's value, how many go out at once, and the most that one reading takes. */
export const WORKLOADS = {
  small: { bytes: 300, burst: 100, reading: 50_000, consuming: 20_000 },
  large: { bytes: 60_000, burst: 16, reading: 2_400, consuming: 400 },
} as const;

/** What a client process is started with. */
export interface ClientSetup {
  readonly client: ClientName;
  readonly workload: WorkloadName;
  readonly compression: Compression;
  readonly brokers: string;
  /** A database of its own, for the clients that need one. */
  readonly postgres: string;
  /** The name of its topic, or what that begins with: each client has a topic of its own. */
  readonly topic: string;
}

/** One measurement: it ends with the first burst or reading after one of the limits. */
export interface Order {
  readonly action: Action;
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}

export interface Answer {
  readonly records: number;
  /** Of the client process alone, user and system. */
  readonly cpuSeconds: number;
}

/** As many as the topic of telemetry has. */
export const PARTITIONS = 8;
export const TENANT = '0199d0a2-7f3c-7c41-9d57-1f0a6b2c8e94';
const SOURCES = 64;
const TEXTS = 32;

/** Devices, whose ids order their records. */
export const sources = Array.from(
  { length: SOURCES },
  (_, index) => `0199d0a2-7f3c-7c41-9d57-${String(index).padStart(12, '0')}`,
);

/** Texts that compress to about a third, as telemetry does: hosts from a few hundred, and digits. */
export function texts(bytes: number): string[] {
  let state = 12_345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
  const hosts = Array.from({ length: 300 }, () => `${random(1 << 20).toString(36)}.example.com`);
  return Array.from({ length: TEXTS }, () => {
    let text = '';
    while (text.length < bytes) text += `${hosts[random(hosts.length)]} ${random(1_000_000)} `;
    return text.slice(0, bytes);
  });
}
