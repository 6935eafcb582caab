import type { HealthState, Metrics } from '#kernel';
import { RedisLink, redisUrl, type RedisSettings } from '#redis';
import type { WakeUpListener, WakeUps } from './wake-ups.js';

const SILENCE_MS = 5_000;
/** A listener who hears nothing may have nothing to hear, or a dead connection: only an answer tells. */
const PROBE_EVERY_MS = 2_500;
/** Ours are shorter. */
const MAX_CALL_LENGTH = 16_000;

/** Wake-up calls over Redis pub/sub: one connection of the process to speak on, and one to listen on. */
export class RedisWakeUps implements WakeUps {
  private readonly speaking: RedisLink;
  private readonly listening: RedisLink;
  private readonly channel: string;
  private readonly listeners = new Set<WakeUpListener>();
  private readonly probe: NodeJS.Timeout;

  /** @throws DomainError `settings.missing` where no Redis is named */
  constructor(settings: RedisSettings, metrics: Metrics) {
    const url = redisUrl(settings, 'GNOMON_WAKE_UPS is redis');
    this.channel = `${settings.prefix}:wake-ups`;
    const shared = { url, metrics, silenceMs: SILENCE_MS, meanwhile: 'new events are found by polling' };
    // A call is worth nothing later: it is not kept for a Redis that is away.
    const redis = { enableOfflineQueue: false, maxRetriesPerRequest: 0 };
    this.speaking = new RedisLink({ ...shared, use: 'wake-ups-sent', redis });
    const listening = { ...redis, autoResubscribe: false };
    this.listening = new RedisLink({ ...shared, use: 'wake-ups-heard', redis: listening });
    this.listening.client.on('message', (_channel: string, call: string) => {
      if (call.length > MAX_CALL_LENGTH) return;
      for (const listener of this.listeners) listener.onCall(call);
    });
    this.listening.onReady(() => void this.subscribe());
    this.speaking.onReady(() => this.opened());
    this.probe = setInterval(() => void this.listening.client.ping().catch(() => undefined), PROBE_EVERY_MS);
    this.probe.unref();
  }

  get open(): boolean {
    return !this.speaking.failure;
  }

  async send(call: string): Promise<void> {
    await this.speaking.client.publish(this.channel, call);
  }

  listen(listener: WakeUpListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  health(): HealthState {
    return this.speaking.failure ? this.speaking.health() : this.listening.health();
  }

  close(): void {
    clearInterval(this.probe);
    this.speaking.close();
    this.listening.close();
  }

  private async subscribe(): Promise<void> {
    // Where it fails, the connection has gone, and the next one subscribes.
    await this.listening.client.subscribe(this.channel).then(
      () => this.opened(),
      () => undefined,
    );
  }

  private opened(): void {
    for (const listener of this.listeners) listener.onOpen();
  }
}
