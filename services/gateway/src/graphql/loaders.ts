import DataLoader from 'dataloader';
import type {
  App,
  AppLabel,
  AppTag,
  AppUsage,
  BlocklistService,
  CatalogAdminService,
  CatalogService,
  CorrelatorService,
  Device,
  DeviceState,
  DiscoveredApp,
  Incident,
  IncidentStory,
  Policy,
  PolicyService,
  ScoreExplanation,
  TelemetryService,
} from '#contracts';
import { isDomainError } from '#kernel';
import type { CallContext, RpcClient } from '#rpc';
import type { Calls } from './calls.js';

/** The contracts that questions about single things go to. */
export interface Services {
  readonly catalog: RpcClient<typeof CatalogService>;
  readonly catalogAdmin: RpcClient<typeof CatalogAdminService>;
  readonly telemetry: RpcClient<typeof TelemetryService>;
  readonly policy: RpcClient<typeof PolicyService>;
  readonly blocklist: RpcClient<typeof BlocklistService>;
  readonly correlator: RpcClient<typeof CorrelatorService>;
}

/** What contracts answer at most at a time. */
const MAX_BATCH = 1_000;

/**
 * Answers questions about single things, many of them with one call; each thing is asked for once. Lives as long as one
 * request, or one event of a subscription, and answers for its caller only.
 */
export class Loaders {
  readonly app;
  readonly appLabel;
  readonly appTag;
  readonly policy;
  readonly device;
  readonly deviceState;
  readonly incident;
  readonly scoreExplanation;
  readonly incidentStory;
  private readonly discovered = new Map<number, DataLoader<string, DiscoveredApp | null, string>>();
  private readonly usage = new Map<string, DataLoader<string, AppUsage | null, string>>();

  constructor(
    private readonly services: Services,
    private readonly context: CallContext,
    private readonly calls: Calls,
  ) {
    const { catalog, catalogAdmin, telemetry, policy, blocklist, correlator } = services;
    this.app = this.many<App>(
      async (ids) => (await catalog.getApps({ ids }, context)).apps,
      (app) => app.id,
    );
    this.appLabel = this.many<AppLabel>(
      async (ids) => (await catalogAdmin.getLabels({ ids }, context)).labels,
      (label) => label.id,
    );
    this.appTag = this.many<AppTag>(
      async (appIds) => (await policy.getAppTags({ appIds }, context)).tags,
      (tag) => tag.appId,
    );
    this.policy = this.many<Policy>(
      async (ids) => (await policy.getPolicies({ ids }, context)).policies,
      (each) => each.id,
    );
    this.device = this.many<Device>(
      async (ids) => (await telemetry.getDevices({ ids }, context)).devices,
      (device) => device.id,
    );
    this.deviceState = this.many<DeviceState>(
      async (deviceIds) => (await blocklist.getDeviceStates({ deviceIds }, context)).states,
      (state) => state.deviceId,
    );
    this.incident = this.many<Incident>(
      async (ids) => (await correlator.getIncidents({ ids }, context)).incidents,
      (incident) => incident.id,
    );
    this.scoreExplanation = this.each<ScoreExplanation>((appId) => catalog.explainScore({ appId }, context));
    this.incidentStory = this.each<IncidentStory>((incidentId) => correlator.getIncidentStory({ incidentId }, context));
  }

  /** Discovered apps by app id, with their use over so many days. */
  discoveredApp(days: number): DataLoader<string, DiscoveredApp | null, string> {
    let loader = this.discovered.get(days);
    if (!loader) {
      loader = this.many<DiscoveredApp>(
        async (appIds) => (await this.services.telemetry.getDiscoveredApps({ appIds, days }, this.context)).apps,
        (app) => app.appId,
      );
      this.discovered.set(days, loader);
    }
    return loader;
  }

  appUsage(days: number, top: number): DataLoader<string, AppUsage | null, string> {
    const key = `${days}/${top}`;
    let loader = this.usage.get(key);
    if (!loader) {
      loader = this.each<AppUsage>((appId) => this.services.telemetry.getAppUsage({ appId, days, top }, this.context));
      this.usage.set(key, loader);
    }
    return loader;
  }

  /** A loader whose things are asked for together. Those that are not answered are null. */
  private many<T>(
    ask: (ids: string[]) => Promise<readonly T[]>,
    idOf: (thing: T) => string,
  ): DataLoader<string, T | null, string> {
    return new DataLoader<string, T | null, string>(
      async (ids) => {
        const found = await this.calls.run(() => ask([...ids]));
        const byId = new Map(found.map((thing) => [idOf(thing), thing]));
        return ids.map((id) => byId.get(id) ?? null);
      },
      { maxBatchSize: MAX_BATCH, cacheKeyFn: (id) => this.keyOf(id) },
    );
  }

  /** A loader whose things can only be asked for one by one. Those that do not exist are null. */
  private each<T>(ask: (id: string) => Promise<T>): DataLoader<string, T | null, string> {
    const askOne = async (id: string): Promise<T | null | Error> => {
      try {
        return await this.calls.run(() => ask(id));
      } catch (error) {
        if (isDomainError(error) && error.kind === 'not-found') return null;
        return error instanceof Error ? error : new Error(String(error));
      }
    };
    return new DataLoader<string, T | null, string>((ids) => Promise.all(ids.map(askOne)), {
      maxBatchSize: MAX_BATCH,
      cacheKeyFn: (id) => this.keyOf(id),
    });
  }

  private keyOf(id: string): string {
    return `${this.context.tenantId}/${id}`;
  }
}
