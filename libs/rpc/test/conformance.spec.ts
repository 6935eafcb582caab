import { afterEach, describe, expect, it } from '@jest/globals';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { currentCorrelationId, DomainError, isDomainError, type ErrorKind } from '#kernel';
import { remainingMs, systemContext, withDeadline, type CallContext } from '#rpc';
import { bindLocally, bindRemotely, type Bound, type CatalogHandlers } from './bindings.js';

const KINDS: readonly ErrorKind[] = [
  'invalid',
  'not-found',
  'conflict',
  'unauthenticated',
  'forbidden',
  'too-large',
  'overloaded',
  'unavailable',
];
const context: CallContext = {
  tenantId: '0199-tenant',
  actor: { kind: 'user', id: 'user-1', name: 'Zoë Ångström 測試 “quoted”' },
  correlationId: 'correlation-0001',
};
const never = (): Promise<never> => new Promise<never>(() => undefined);

/** What every binding of a contract promises its callers. */
describe.each([
  ['local', bindLocally],
  ['remote', bindRemotely],
])('a contract bound %s', (_name, bind) => {
  const open: Bound[] = [];
  const bound = async (handlers: CatalogHandlers | undefined): Promise<Bound['client']> => {
    const made = await bind(handlers);
    open.push(made);
    return made.client;
  };
  afterEach(async () => {
    await Promise.all(open.splice(0).map((each) => each.close()));
  });

  it('completes what is missing in requests and answers', async () => {
    const seen: unknown[] = [];
    const client = await bound({
      listApps: async (request) => {
        seen.push(request);
        return { apps: [{ id: 'a', score: 7.5, rules: [{ value: 'a.example' }] }] };
      },
    });
    const answer = await client.listApps({ search: 'a', page: { first: 3 } }, context);
    expect(seen[0]).toMatchObject({
      $typeName: 'gnomon.rpc.v1.ListAppsRequest',
      search: 'a',
      categories: [],
      page: { first: 3, after: '' },
    });
    expect(answer).toMatchObject({
      $typeName: 'gnomon.rpc.v1.ListAppsResponse',
      apps: [{ id: 'a', name: '', score: 7.5 }],
    });
    expect(answer.apps[0]!.rules[0]).toMatchObject({ value: 'a.example', $typeName: 'gnomon.model.v1.MatchRule' });
  });

  it('carries 64-bit numbers and times exactly', async () => {
    const time = timestampFromDate(new Date('2026-03-04T05:06:07.089Z'));
    const client = await bound({
      getApps: async () => ({ apps: [{ id: 'a', version: 2n ** 63n + 5n, updatedAt: time }] }),
    });
    const { apps } = await client.getApps({ ids: ['a'] }, context);
    expect(apps[0]).toMatchObject({ version: 2n ** 63n + 5n, updatedAt: time });
  });

  it('carries a megabyte both ways', async () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => `app-${index}-${'x'.repeat(50)}`);
    const client = await bound({ getApps: async (request) => ({ apps: request.ids.map((id) => ({ id })) }) });
    const { apps } = await client.getApps({ ids }, context);
    expect(apps.map((app) => app.id)).toEqual(ids);
  });

  it('tells the handler who the call is made for, and keeps its correlation id in hand', async () => {
    const seen: unknown[] = [];
    const client = await bound({
      getApps: async (_request, caller) => {
        seen.push(caller, currentCorrelationId());
        return {};
      },
    });
    await client.getApps({}, context);
    await client.getApps({}, { ...systemContext('', 'access'), correlationId: 'correlation-0002' });
    expect(seen).toEqual([
      context,
      'correlation-0001',
      {
        tenantId: '',
        actor: { kind: 'system', id: 'access', name: 'access' },
        correlationId: 'correlation-0002',
      },
      'correlation-0002',
    ]);
  });

  it.each(KINDS)('passes on an expected failure of kind %s with code, words and details', async (kind) => {
    const details = { field: 'ids', retryAfterSeconds: 1.5, ids: ['ä', null, true, { deep: [1] }] };
    const failure = new DomainError(kind, 'app.some-code', 'Words for “a person”, 100 %.', details);
    const client = await bound({ getApps: () => Promise.reject(failure) });
    const error = await client.getApps({}, context).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DomainError);
    expect({ ...(error as DomainError), message: (error as DomainError).message }).toEqual({
      ...failure,
      message: failure.message,
    });
  });

  it('tells a defect from an expected failure', async () => {
    const client = await bound({ getApps: () => Promise.reject(new TypeError('x is undefined')) });
    const error = await client.getApps({}, context).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(isDomainError(error)).toBe(false);
  });

  it('says that a contract is unavailable when nothing serves it', async () => {
    const client = await bound(undefined);
    const expected = { kind: 'unavailable', code: 'rpc.unavailable', message: 'CatalogService is not available.' };
    await expect(client.getApps({}, context)).rejects.toMatchObject(expected);
    await expect(client.createCustomApp({}, context)).rejects.toMatchObject(expected);
  });

  it('gives up at the deadline of its caller', async () => {
    const client = await bound({ getApps: never });
    const start = performance.now();
    const call = withDeadline(100, () => client.getApps({}, context));
    await expect(call).rejects.toMatchObject({ kind: 'unavailable', code: 'rpc.deadline' });
    expect(performance.now() - start).toBeLessThan(2_000);
    const late = withDeadline(0, () => client.getApps({}, context));
    await expect(late).rejects.toMatchObject({ code: 'rpc.deadline' });
  });

  it('hands the rest of the time on to the calls that the handler makes', async () => {
    const inner = await bound({ getApps: never });
    const left: (number | undefined)[] = [];
    const outer = await bound({
      getApps: async (_request, caller) => {
        left.push(remainingMs());
        return inner.getApps({}, caller);
      },
    });
    await expect(withDeadline(200, () => outer.getApps({}, context))).rejects.toMatchObject({ code: 'rpc.deadline' });
    expect(left[0]).toBeGreaterThan(0);
    expect(left[0]).toBeLessThanOrEqual(200);
  });

  it('keeps many calls at once apart', async () => {
    const client = await bound({
      getApps: async (request, caller) => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
        return { apps: [{ id: `${caller.tenantId}/${request.ids[0]}/${currentCorrelationId()}` }] };
      },
    });
    const answers = await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        const caller = { ...context, tenantId: `t${index % 7}`, correlationId: `correlation-${index}` };
        return (await client.getApps({ ids: [String(index)] }, caller)).apps[0]!.id;
      }),
    );
    expect(answers).toEqual(answers.map((_, index) => `t${index % 7}/${index}/correlation-${index}`));
  });
});
