import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { UsageAction, UsageEventKind } from '#contracts';
import { AgentHttp, Refused, type Encoding } from './agent-http.js';
import { Enforcement, type BrowseOutcome } from './enforcement.js';
import { ListPoller } from './list-poller.js';
import { publicKeyOf, type ListRefused, type Trust, type VerifiedList } from './list-verifier.js';
import { TelemetrySender } from './telemetry-sender.js';

export interface SimulatorOptions {
  /** Where the product answers, without a trailing slash. */
  readonly url: string;
  /** An enrolment secret. */
  readonly secret: string;
  readonly name: string;
  readonly os: string;
  /** Who sits at the device. */
  readonly user: string;
  readonly ip?: string;
  /** How the device speaks. Default: protobuf. */
  readonly encoding?: Encoding;
  /** How long one long poll may last, in seconds, 1 to 60. Default: 30. */
  readonly waitSeconds?: number;
  /** The device's own clock. */
  readonly now?: () => Date;
}

interface Enrolment {
  readonly deviceId: string;
  readonly credential: string;
  readonly tenant: string;
  readonly group: string;
}

const AGENT_VERSION = '0.1.0';
const FLUSH_INTERVAL_MS = 2_000;
const ACTIONS: Readonly<Record<BrowseOutcome, UsageAction>> = {
  allowed: UsageAction.ALLOWED,
  blocked: UsageAction.BLOCKED,
  warned: UsageAction.WARNED,
};

/**
 * A laptop with an agent, over the public interfaces only: it enrols, waits for block lists, checks and enforces them,
 * confirms them, and reports what its user does. Twenty of them in one process cost little more than twenty sockets.
 *
 * @example
 * const laptop = await DeviceSimulator.enrol({ url, secret, name: 'mac-1', os: 'macOS 15.1', user: 'ada' });
 * laptop.start();
 * laptop.browse('chatgpt.com', { bytesUp: 900, bytesDown: 12_000 }); // 'allowed' | 'blocked' | 'warned'
 * await laptop.flush();
 * await laptop.stop();
 */
export class DeviceSimulator {
  private readonly stopping = new AbortController();
  private readonly telemetry: TelemetrySender;
  private readonly http: AgentHttp;
  private readonly listeners: ((revision: bigint) => void)[] = [];
  private enforcement = new Enforcement([]);
  private list: VerifiedList | undefined;
  private confirmed = 0n;
  private polling: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Lists that did not pass the checks, the newest last; at most 100 are kept. */
  readonly refusals: ListRefused[] = [];
  /** Why the agent gave up; undefined while it has not. */
  failure: Error | undefined;

  private constructor(
    private readonly options: SimulatorOptions,
    private readonly enrolment: Enrolment,
    private readonly trust: Trust,
  ) {
    const { signal } = this.stopping;
    this.http = new AgentHttp(options.url, enrolment.credential, signal);
    this.telemetry = new TelemetrySender(this.http, options.encoding ?? 'protobuf', signal);
  }

  /** Enrols a new device and pins the key its lists are signed with. @throws Refused */
  static async enrol(options: SimulatorOptions): Promise<DeviceSimulator> {
    const { url, secret, name, os } = options;
    const answer = await fetch(`${url}/v1/enrol`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret, name, os, agentVersion: AGENT_VERSION }),
    });
    if (!answer.ok) throw await Refused.by(answer);
    return DeviceSimulator.resume(options, (await answer.json()) as Enrolment);
  }

  /** A device that was enrolled before. @throws Refused */
  static async resume(options: Omit<SimulatorOptions, 'secret'>, enrolment: Enrolment): Promise<DeviceSimulator> {
    const answer = await fetch(`${options.url}/v1/blocklist/key`);
    if (!answer.ok) throw await Refused.by(answer);
    const key = (await answer.json()) as { keyId: string; publicKey: string };
    const { tenant, group } = enrolment;
    const publicKey = publicKeyOf(Buffer.from(key.publicKey, 'base64'));
    const trust: Trust = { keyId: key.keyId, publicKey, tenant, group };
    return new DeviceSimulator({ secret: '', ...options }, enrolment, trust);
  }

  get deviceId(): string {
    return this.enrolment.deviceId;
  }

  get credential(): string {
    return this.enrolment.credential;
  }

  get name(): string {
    return this.options.name;
  }

  get user(): string {
    return this.options.user;
  }

  /** The newest revision it enforces and has confirmed to the server; 0 = none yet. */
  get appliedRevision(): bigint {
    return this.confirmed;
  }

  /** Whether the list in force has run out: somebody may be keeping newer ones from the device. It stays in force. */
  get isFrozen(): boolean {
    return this.list !== undefined && this.list.expiresAt <= this.now();
  }

  /** Called with each revision that it enforces, once the server has its confirmation. */
  onApplied(listener: (revision: bigint) => void): void {
    this.listeners.push(listener);
  }

  /** Begins to wait for block lists and to send telemetry every two seconds. */
  start(): void {
    const poller = new ListPoller({
      http: this.http,
      encoding: this.options.encoding ?? 'protobuf',
      trust: this.trust,
      waitSeconds: this.options.waitSeconds ?? 30,
      now: () => this.now(),
      signal: this.stopping.signal,
      enforce: (list) => {
        this.list = list;
        this.enforcement = new Enforcement(list.rules);
      },
      confirmed: (revision) => {
        this.confirmed = revision;
        for (const listener of this.listeners) listener(revision);
      },
      refused: (refusal) => {
        this.refusals.push(refusal);
        if (this.refusals.length > 100) this.refusals.shift();
      },
    });
    this.polling ??= poller.run().catch((error: Error) => void (this.failure = error));
    this.timer ??= setInterval(() => {
      this.telemetry.flush().catch((error: Error) => void (this.failure = error));
    }, FLUSH_INTERVAL_MS).unref();
  }

  /** What would happen if the user opened a host; nothing is noted. */
  outcomeOf(host: string): BrowseOutcome {
    return this.enforcement.outcomeOf(host);
  }

  /** The user opens a host: says what happened, and notes it for the next batch of telemetry. */
  browse(host: string, traffic: { bytesUp: number; bytesDown: number }): BrowseOutcome {
    const outcome = this.enforcement.outcomeOf(host);
    const flows = outcome !== 'blocked';
    this.telemetry.add({
      time: timestampFromDate(this.now()),
      kind: UsageEventKind.NETWORK,
      host,
      user: this.options.user,
      sourceIp: this.options.ip ?? '',
      bytesUp: BigInt(flows ? traffic.bytesUp : 0),
      bytesDown: BigInt(flows ? traffic.bytesDown : 0),
      action: ACTIONS[outcome],
    });
    return outcome;
  }

  /** Sends what was noted; resolves when the server has made it durable. @throws Refused */
  async flush(): Promise<void> {
    await this.telemetry.flush();
  }

  /** Ends everything at once; what was not flushed is lost. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.stopping.abort();
    await this.polling;
  }

  private now(): Date {
    return this.options.now?.() ?? new Date();
  }
}
