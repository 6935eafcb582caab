/** What a device says with every request. */
export class AgentHttp {
  constructor(
    readonly url: string,
    private readonly credential: string,
    private readonly signal: AbortSignal,
  ) {}

  get(path: string, headers: Record<string, string>): Promise<Response> {
    return fetch(this.url + path, { headers: { ...headers, ...this.authorization() }, signal: this.signal });
  }

  post(path: string, body: Uint8Array | string, headers: Record<string, string>): Promise<Response> {
    return fetch(this.url + path, {
      method: 'POST',
      headers: { ...headers, ...this.authorization() },
      body: typeof body === 'string' ? body : new Uint8Array(body),
      signal: this.signal,
    });
  }

  private authorization(): Record<string, string> {
    return { Authorization: `Bearer ${this.credential}` };
  }
}

export type Encoding = 'json' | 'protobuf';

export const MEDIA_TYPES: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  protobuf: 'application/x-protobuf',
};

/** An answer that trying again would not change. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(`The server answered ${status}: ${detail}`);
    this.name = 'Refused';
  }

  static async by(answer: Response): Promise<Refused> {
    return new Refused(answer.status, (await answer.text()).slice(0, 500));
  }
}

/** Whether the same request may succeed later. */
export function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
