import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Less than the deadline of the whole stop, which consumers and the database share. */
const GRACE_MS = 8_000;

/**
 * Lets a server that closes first answer the requests it has in hand, for as long as `graceMs`; those that come meanwhile
 * are refused. Without it, whoever waits for an answer would see the connection break and could not tell what was done.
 */
export function answerBeforeClosing(fastify: FastifyInstance, graceMs: number = GRACE_MS): void {
  const inHand = new Set<object>();
  let lastIsAnswered: (() => void) | undefined;
  fastify.addHook('onRequest', (_request, reply, done) => {
    const answer = reply.raw;
    inHand.add(answer);
    answer.once('close', () => {
      inHand.delete(answer);
      if (inHand.size === 0) lastIsAnswered?.();
    });
    done();
  });
  fastify.addHook('preClose', async () => {
    if (inHand.size === 0) return;
    const given = new AbortController();
    const answered = new Promise<void>((resolve) => (lastIsAnswered = resolve));
    await Promise.race([answered, sleep(graceMs, undefined, { signal: given.signal }).catch(() => undefined)]);
    given.abort();
  });
}
