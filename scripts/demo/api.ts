import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

const PAGE_SIZE = 100;
const MAX_PAGES = 1_000;

/** A list as GraphQL answers it. */
export interface Connection<T> {
  readonly edges: readonly { readonly node: T }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

/** The product's public API as an admin's program would use it. */
export class Api {
  constructor(
    readonly url: string,
    private readonly token: string,
    /** How long one request may take, in milliseconds. Default: as long as it takes. */
    private readonly timeoutMs?: number,
  ) {}

  /** @throws Error with the messages of GraphQL's `errors` */
  async query<T>(document: string, variables: Record<string, unknown> = {}): Promise<T> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.token}` },
      body: JSON.stringify({ query: document, variables }),
      ...(this.timeoutMs ? { signal: AbortSignal.timeout(this.timeoutMs) } : {}),
    });
    const answer = (await response.json()) as { data?: T; errors?: { message: string }[] };
    if (answer.errors?.length || !answer.data) {
      throw new Error(
        `GraphQL answered ${response.status}: ${answer.errors?.map((each) => each.message).join('; ') ?? 'no data'}`,
      );
    }
    return answer.data;
  }

  /** All items of a list. `selection` is what to ask of each node; `args` come before `first` and `after`. */
  async all<T>(field: string, selection: string, args = ''): Promise<T[]> {
    const items: T[] = [];
    let after: string | null = null;
    for (let page = 0; page < MAX_PAGES; page++) {
      const document = `query($first: Int!, $after: String) { list: ${field}(${args} first: $first, after: $after) { edges { node { ${selection} } } pageInfo { hasNextPage endCursor } totalCount } }`;
      const { list }: { list: Connection<T> } = await this.query(document, { first: PAGE_SIZE, after });
      items.push(...list.edges.map((edge) => edge.node));
      if (!list.pageInfo.hasNextPage) return items;
      after = list.pageInfo.endCursor;
    }
    throw new Error(`${field} has more than ${MAX_PAGES * PAGE_SIZE} items.`);
  }

  /** Every app of the catalog, as the export has it. */
  async exportApps<T>(): Promise<T[]> {
    const response = await fetch(`${this.url}/v1/apps/export?format=jsonl`, {
      headers: { Authorization: `Bearer ${this.token}` },
    });
    if (!response.ok) throw new Error(`The export was refused: ${response.status}`);
    const lines = (await response.text()).split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as T);
  }

  /** Uploads a log file and answers its summary. */
  async uploadLog(name: string, content: string): Promise<{ accepted: number; skipped: number; format: string }> {
    const response = await fetch(`${this.url}/v1/logs?name=${encodeURIComponent(name)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'text/plain', Authorization: `Bearer ${this.token}` },
      body: content,
    });
    const answer = (await response.json()) as { accepted: number; skipped: number; format: string; title?: string };
    if (!response.ok) throw new Error(`The upload was refused: ${response.status} ${answer.title ?? ''}`);
    return { accepted: Number(answer.accepted), skipped: Number(answer.skipped), format: answer.format };
  }

  /** A WebSocket client for subscriptions. Dispose of it when done. */
  subscriber(): Client {
    return createClient({
      url: `${this.url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { Authorization: `Bearer ${this.token}` },
      lazy: false,
    });
  }
}
