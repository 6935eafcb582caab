import type { FastifyReply } from 'fastify';

/**
 * Whether an If-None-Match header names this ETag (RFC 9110, 13.1.2: weak comparison).
 *
 * @param header undefined where the request has none
 */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header === etag || header === '*') return true;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag);
}

/** Answers that what the client has is still what it would get. */
export function notModified(reply: FastifyReply, etag: string): void {
  void reply.code(304).header('ETag', etag).header('Cache-Control', 'no-cache').send();
}
