/**
 * How processes tell each other that there is something new in the log. A call may be lost, come twice or late: what is
 * true is in the log, where everybody looks now and then anyway.
 */
export interface WakeUps {
  /** Whether a call can be sent now. */
  readonly open: boolean;

  /** Sends a text of at most 8,000 bytes to everybody who listens. */
  send(call: string): Promise<void>;

  /** @returns what ends it */
  listen(listener: WakeUpListener): () => void;
}

export interface WakeUpListener {
  onCall(call: string): void;
  /** Calls can be sent and heard from now on, and may have been missed before. */
  onOpen(): void;
}
