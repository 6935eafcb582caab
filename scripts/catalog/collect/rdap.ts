import { isDate } from '../../../services/catalog/src/domain/factors/value.js';
import type { PoliteClient } from './client.js';

/** When a domain was registered, and the page that says so. */
export interface Registration {
  readonly day: string;
  readonly source: string;
}

const MAX_BYTES = 512 << 10;
const MAX_REDIRECTS = 3;

/** Asks RDAP (RFC 9082) when a registrable domain was registered. @throws Error saying why that is not known */
export async function registrationOf(client: PoliteClient, server: URL, domain: string): Promise<Registration> {
  let url = new URL(`domain/${domain}`, server);
  for (let count = 0; ; count += 1) {
    const { status, headers, body } = await client.get(url, MAX_BYTES);
    if (status >= 300 && status < 400 && headers.location !== undefined && count < MAX_REDIRECTS) {
      // A bootstrap server sends on to the one of the registry.
      url = new URL(headers.location, url);
      continue;
    }
    if (status !== 200) throw new Error(`${url.host} answered ${status}`);
    return { day: registrationDay(body), source: url.href };
  }
}

function registrationDay(body: string): string {
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new Error('the answer is not JSON');
  }
  const { events } = (answer ?? {}) as { events?: unknown };
  const list = Array.isArray(events) ? (events as { eventAction?: unknown; eventDate?: unknown }[]) : [];
  const found = list.find((event) => event?.eventAction === 'registration')?.eventDate;
  const day = typeof found === 'string' ? found.slice(0, 10) : '';
  if (!isDate(day)) throw new Error('the answer names no day of registration');
  return day;
}
