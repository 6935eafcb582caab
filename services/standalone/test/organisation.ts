import { expect } from '@jest/globals';
import { eventually } from '#testkit';

export interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Record<string, unknown> }[];
}

/** An organisation and its admin. Everything it makes carries its mark, so that it is known wherever it turns up. */
export class Organisation {
  /** The credential of its device. */
  device = '';
  integration = '';
  private sequence = 0;

  constructor(
    private readonly url: string,
    /** A word in lower case. */
    readonly mark: string,
    /** The beginning of its addresses, for example `10.77`. */
    readonly network: string,
    readonly admin: string,
  ) {}

  /** A host that the organisation's own app claims. */
  get host(): string {
    return `app.${this.mark}.example`;
  }

  async graphql(query: string, variables: Record<string, unknown> = {}): Promise<GraphqlAnswer> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.admin}` },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphqlAnswer;
  }

  /** The data of an operation that must not fail. */
  async ask(query: string, variables: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const { data, errors } = await this.graphql(query, variables);
    expect([query, errors]).toEqual([query, undefined]);
    return data!;
  }

  http(path: string, credential: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string>), Authorization: `Bearer ${credential}` };
    return fetch(this.url + path, { ...init, headers });
  }

  async send(events: readonly object[]): Promise<void> {
    const body = JSON.stringify({
      sequence: (this.sequence += 1),
      events: events.map((event) => ({ time: new Date().toISOString(), ...event })),
    });
    expect((await this.http('/v1/telemetry', this.device, { method: 'POST', body })).status).toBe(200);
  }

  /** A log file of this organisation's own traffic, and the same one whenever it is asked for. */
  log(minute: number): string {
    const hosts = ['chatgpt.com', this.host, `files.${this.mark}.example`];
    const lines = hosts.map(
      (host, n) =>
        `${minute * 60 + n}.000 120 ${this.network}.0.${n} TCP_TUNNEL/200 5120 CONNECT ${host}:443 ${this.mark}-bob HIER_DIRECT/192.0.2.1 -`,
    );
    return `${lines.join('\n')}\n`;
  }

  async upload(id: string, content: string): Promise<Record<string, unknown>> {
    const answer = await this.http(`/v1/logs?id=${id}&name=${this.mark}.log`, this.integration, {
      method: 'POST',
      body: content,
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Record<string, unknown>;
  }

  /** Does everything that an organisation can do once, and waits for what comes of it. */
  async live(): Promise<void> {
    const { mark } = this;
    await this.change(`updateTenant(input: { name: "${mark} Ltd", supportUrl: "https://help.${mark}.example" })`);
    this.integration = (
      await this.change<{ token: string }>(
        `createApiToken(input: { name: "${mark} SIEM", roles: [INTEGRATION] })`,
        'token',
      )
    ).token;
    const { secret } = await this.change<{ secret: string }>(
      `createEnrolmentSecret(input: { group: "${mark}-group" })`,
      'secret',
    );
    const enrolled = await fetch(`${this.url}/v1/enrol`, {
      method: 'POST',
      body: JSON.stringify({ secret, name: `${mark} laptop`, os: `${mark} OS`, agentVersion: '1' }),
    });
    this.device = ((await enrolled.json()) as { credential: string }).credential;
    await this.change(
      `createCustomApp(input: { name: "${mark} app", category: CRM, generativeAi: true, domains: ["${this.host}"] })`,
    );
    await this.change(`overrideScore(input: { appId: "chatgpt", score: 1.5, reason: "${mark} reason" })`);
    await this.change(`tagApp(input: { appId: "claude", tag: SANCTIONED, reason: "${mark} reason" })`);
    await this.curate();
    const policy = `name: "${mark} policy", filter: { generativeAi: true }, action: UNSANCTIONED, severity: HIGH`;
    await this.change(`createPolicy(input: { ${policy} })`);
    const use = [this.host, 'chatgpt.com', `files.${mark}.example`].map((host) => ({
      host,
      user: `${mark}-ann`,
      sourceIp: `${this.network}.1.1`,
    }));
    await this.send(use);
    await this.upload('shared', this.log(29_000_000));
    await eventually(async () => expect(await this.count('appTags', 'tags: [UNSANCTIONED],')).toBe(2), PATIENCE);
    await eventually(async () => {
      await this.send(use.map((event) => ({ ...event, action: 'blocked' })));
      expect(await this.count('incidents', '')).toBeGreaterThan(0);
    }, PATIENCE);
    await this.comment(`${mark} comment`);
  }

  /** Keeps something of every sort beside the apps of the catalog. */
  private async curate(): Promise<void> {
    const { mark } = this;
    const { label } = await this.change<{ label: { id: string } }>(
      `createAppLabel(input: { name: "${mark} label", description: "${mark}" })`,
      'label { id }',
    );
    await this.change(`labelApps(input: { labelId: "${label.id}", appIds: ["chatgpt", "claude"] })`);
    await this.change(`addAppNote(input: { appId: "chatgpt", text: "${mark} note" })`);
    await this.change(`assignHostToApp(input: { host: "chat.${mark}.example", appId: "chatgpt" })`);
    await this.change(`dismissHostSuggestion(host: "noise.${mark}.example")`);
  }

  /** Comments on the newest incident. Two incidents may just have become one: then the other one is it. */
  async comment(text: string): Promise<void> {
    await eventually(async () => {
      const { edges } = (await this.ask('{ incidents(first: 1) { edges { node { id } } } }'))['incidents'] as {
        edges: { node: { id: string } }[];
      };
      await this.change(`addIncidentComment(incidentId: "${edges[0]!.node.id}", text: "${text}")`);
    }, PATIENCE);
  }

  async change<T>(mutation: string, selection = '__typename'): Promise<T> {
    const success = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1, mutation.indexOf('('))}Success`;
    const data = await this.ask(
      `mutation { done: ${mutation} { __typename ... on ${success} { ${selection} } ... on UserError { message } } }`,
    );
    expect(data['done']).toMatchObject({ __typename: success });
    return data['done'] as T;
  }

  private async count(list: string, args: string): Promise<number> {
    const data = await this.ask(`{ list: ${list}(${args} first: 1) { totalCount } }`);
    return (data['list'] as { totalCount: number }).totalCount;
  }
}

const PATIENCE = { timeoutMs: 30_000 };
