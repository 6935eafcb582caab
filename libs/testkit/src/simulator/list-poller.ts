import { isTransient, MEDIA_TYPES, Refused, type AgentHttp, type Encoding } from './agent-http.js';
import { backoff, pause, retryAfterOf } from './backoff.js';
import { ListRefused, verifyList, type Trust, type VerifiedList } from './list-verifier.js';

export interface PollerOptions {
  readonly http: AgentHttp;
  readonly encoding: Encoding;
  readonly trust: Trust;
  readonly waitSeconds: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Puts a list in force. */
  readonly enforce: (list: VerifiedList) => void;
  /** Called when the server has the confirmation. */
  readonly confirmed: (revision: bigint) => void;
  readonly refused: (refusal: ListRefused) => void;
}

/** Waits for lists, checks each, enforces what is good and reports what became of it. */
export class ListPoller {
  private etag: string | undefined;
  private inForce: VerifiedList | undefined;
  private failures = 0;

  constructor(private readonly options: PollerOptions) {}

  /** Runs until the signal ends it. @throws Refused when the server does not know the device (any more) */
  async run(): Promise<void> {
    while (!this.options.signal.aborted) {
      const answer = await this.ask();
      if (answer?.status === 200) await this.take(answer);
      else if (answer?.status === 304) await this.rest(answer);
      else await this.recover(answer);
    }
  }

  private async ask(): Promise<Response | undefined> {
    const { http, encoding, waitSeconds } = this.options;
    const headers: Record<string, string> = { Accept: MEDIA_TYPES[encoding] };
    if (this.etag) headers['If-None-Match'] = this.etag;
    return http.get(`/v1/blocklist?wait=${waitSeconds}`, headers).catch(() => undefined);
  }

  private async take(answer: Response): Promise<void> {
    const body = new Uint8Array(await answer.arrayBuffer());
    const { encoding, trust, now, enforce } = this.options;
    try {
      const list = verifyList(body, encoding, { ...trust, ...(this.inForce ? { inForce: this.inForce } : {}) }, now());
      const isNew = list.revision !== this.inForce?.revision;
      this.inForce = list;
      this.etag = answer.headers.get('etag') ?? undefined;
      this.failures = 0;
      enforce(list);
      if (isNew) await this.report({ revision: Number(list.revision), status: 'applied' }, list.revision);
    } catch (error) {
      if (!(error instanceof ListRefused)) throw error;
      this.options.refused(error);
      if (error.revision) {
        await this.report({ revision: Number(error.revision), status: 'failed', error: error.message });
      }
      await this.recover(undefined);
    }
  }

  /** The server sends no waiting agent away at once unless it has no place: then it says when to come again. */
  private async rest(answer: Response): Promise<void> {
    await answer.arrayBuffer();
    this.failures = 0;
    const seconds = retryAfterOf(answer);
    if (seconds > 0) await pause(backoff(1, seconds), this.options.signal);
  }

  private async recover(answer: Response | undefined): Promise<void> {
    if (this.options.signal.aborted) return;
    if (answer && !isTransient(answer.status)) throw await Refused.by(answer);
    await answer?.arrayBuffer();
    this.failures += 1;
    await pause(backoff(this.failures, answer ? retryAfterOf(answer) : 0), this.options.signal);
  }

  /** Reports until the server has it, or something newer is to be reported. */
  private async report(body: object, confirms?: bigint): Promise<void> {
    const { http, signal, confirmed } = this.options;
    for (let failures = 1; failures <= 5 && !signal.aborted; failures += 1) {
      const headers = { 'Content-Type': MEDIA_TYPES.json };
      const answer = await http.post('/v1/blocklist/report', JSON.stringify(body), headers).catch(() => undefined);
      await answer?.arrayBuffer();
      if (answer?.ok && confirms !== undefined) confirmed(confirms);
      if (answer && !isTransient(answer.status)) return;
      await pause(backoff(failures, answer ? retryAfterOf(answer) : 0), signal);
    }
  }
}
