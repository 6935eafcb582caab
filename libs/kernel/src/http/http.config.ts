import { z } from 'zod';
import { defineSettings, setting } from '../settings.js';

export const HttpSettings = defineSettings('http', {
  headerSeconds: setting(
    'HTTP_HEADER_SECONDS',
    z.coerce.number().int().min(1).max(600).default(30),
    'For how many seconds the head of a request may take to arrive before its connection is closed.',
  ),
  bodySeconds: setting(
    'HTTP_BODY_SECONDS',
    z.coerce.number().int().min(1).max(3_600).default(60),
    'For how many seconds the body of a request may take to arrive where it is held in memory; log files are streamed.',
  ),
});

let deadlineMs: number | undefined;

/** Read once: it is asked for with every request. */
export function bodyDeadlineMs(): number {
  return (deadlineMs ??= HttpSettings.load().bodySeconds * 1_000);
}

/** Answered as 408, which tells agents to send it again. */
export function bodyTooSlow(): Error {
  return Object.assign(new Error('The body of the request took too long to arrive.'), { statusCode: 408 });
}
