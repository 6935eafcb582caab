export type PartKind = 'service' | 'kafka' | 'redis' | 'postgres';
export type Service = 'gateway' | 'catalog' | 'telemetry' | 'policy' | 'blocklist' | 'correlator';

export const SERVICES: readonly Service[] = ['gateway', 'catalog', 'telemetry', 'policy', 'blocklist', 'correlator'];

/** One process of the stack, or one server with all its processes. */
export interface Part {
  /** `gateway`, `telemetry-1`, …, `kafka`, `redis`, `postgres`. */
  readonly name: string;
  readonly kind: PartKind;
  /** While it runs, and runs on this machine. */
  readonly pid: number | undefined;
  /** Where the others reach it: `host:port`. */
  readonly address: string;
  /** kill -9 of all its processes. Resolves when it is gone. */
  kill(): Promise<void>;
  /** Again, on the same ports, with the same data. Resolves when it listens. */
  start(): Promise<void>;
  /** Planned: it may finish what it began. */
  stop(): Promise<void>;
  /** Stands still, with its connections open, until it is thawed. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Ends all connections to it and refuses new ones for some milliseconds. Servers of a proxied stack only. */
  cut(ms: number): Promise<void>;
}
