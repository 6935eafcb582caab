import { describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { CatalogService, PolicyService } from '#contracts';
import { DomainError } from '#kernel';
import { ContractRegistry, systemContext, type RpcHandlers } from '#rpc';

const context = systemContext('tenant-1', 'test');
const getApps = (handler: RpcHandlers<typeof CatalogService>['getApps']): RpcHandlers<typeof CatalogService> =>
  ({ getApps: handler }) as RpcHandlers<typeof CatalogService>;

describe('ContractRegistry', () => {
  it('calls the service with a complete request and answers a complete message', async () => {
    const registry = new ContractRegistry();
    const client = registry.client(CatalogService);
    registry.serve(
      CatalogService,
      getApps((request, caller) => Promise.resolve({ apps: [{ id: `${caller.tenantId}:${request.ids.join()}` }] })),
    );
    const answer = await client.getApps({ ids: ['a', 'b'] }, context);
    expect(answer.apps[0]).toMatchObject({ id: 'tenant-1:a,b', name: '', rules: [], confidence: 0 });
  });

  it('says that a contract is unavailable until it is served', async () => {
    const client = new ContractRegistry().client(CatalogService);
    await expect(client.getApps({}, context)).rejects.toMatchObject({ kind: 'unavailable', code: 'rpc.unavailable' });
  });

  it('names at the start what is called and not served', () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    const registry = new ContractRegistry();
    registry.client(CatalogService);
    registry.client(PolicyService);
    registry.serve(
      CatalogService,
      getApps(() => Promise.resolve({ apps: [] })),
    );
    registry.onApplicationBootstrap();
    expect(warn.mock.calls).toEqual([[expect.stringContaining('rpc.unavailable: PolicyService.')]]);
    warn.mockRestore();
  });

  it('passes an expected failure on as it is', async () => {
    const registry = new ContractRegistry();
    const failure = new DomainError('not-found', 'app.unknown', 'There is no such app.', { field: 'ids' });
    registry.serve(
      CatalogService,
      getApps(() => Promise.reject(failure)),
    );
    await expect(registry.client(CatalogService).getApps({}, context)).rejects.toBe(failure);
  });
});
