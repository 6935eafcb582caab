import { Args, Context, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '#access';
import {
  CatalogAdminService,
  CatalogService,
  TelemetryService,
  type AiKind,
  type App,
  type AppCategory,
  type DismissedHost,
  type HostSuggestion,
  type UnclaimedHost,
} from '#contracts';
import { DomainError, isDomainError } from '#kernel';
import { ClientOf, type RpcClient } from '#rpc';
import { eitherArgument } from '../gateway.errors.js';
import { AuditedMutation } from '../graphql/audited-mutation.js';
import { connection, pageRequest, type Connection, type PageArgs } from '../graphql/connection.js';
import type { RequestContext } from '../graphql/request-context.js';
import { present, type Maybe } from './arguments.js';

interface NewAppOfHostInput {
  name: string;
  category: AppCategory;
  aiKind?: Maybe<AiKind>;
  generativeAi: boolean;
  description?: Maybe<string>;
  owner?: Maybe<string>;
  domains?: Maybe<string[]>;
}

interface AcceptHostSuggestionInput {
  host: string;
  appId?: Maybe<string>;
  newApp?: Maybe<NewAppOfHostInput>;
}

/** Does something whose failures name fields by other names than the caller knows. */
async function asField<T>(named: (field: string) => string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isDomainError(error) || !error.details.field) throw error;
    const details = { ...error.details, field: named(error.details.field) };
    throw new DomainError(error.kind, error.code, error.message, details);
  }
}

/** Hosts of each sort that are looked at: as many pages of the most used ones. */
const PAGES = 5;
const PAGE = 100;

@Resolver('HostSuggestion')
export class HostSuggestionResolver {
  constructor(
    @ClientOf(CatalogAdminService) private readonly admin: RpcClient<typeof CatalogAdminService>,
    @ClientOf(CatalogService) private readonly catalog: RpcClient<typeof CatalogService>,
    @ClientOf(TelemetryService) private readonly telemetry: RpcClient<typeof TelemetryService>,
  ) {}

  @Query('hostSuggestions')
  @Allow('viewer')
  async hostSuggestions(
    @Args() args: PageArgs,
    @Context() context: RequestContext,
  ): Promise<Connection<HostSuggestion>> {
    const page = pageRequest(args);
    const sorts = await Promise.all([this.mostUsed(false, context), this.mostUsed(true, context)]);
    const hosts = [...new Map(sorts.flat().map((each) => [each.host, each])).values()].map(
      ({ host, transactions, bytesUp, bytesDown, generativeAiHint }) => {
        return { host, transactions, bytesUp, bytesDown, generativeAiHint };
      },
    );
    const answer = await this.admin.suggestHosts({ hosts, page }, context.call);
    return connection({ items: answer.suggestions, page: answer.page }, args);
  }

  @Query('dismissedHosts')
  @Allow('viewer')
  async dismissedHosts(@Args() args: PageArgs, @Context() context: RequestContext): Promise<Connection<DismissedHost>> {
    const answer = await this.admin.listDismissedHosts({ page: pageRequest(args) }, context.call);
    return connection({ items: answer.hosts, page: answer.page }, args);
  }

  @AuditedMutation('acceptHostSuggestion')
  @Allow('policyAdmin')
  async acceptHostSuggestion(
    @Args('input') { host, appId, newApp }: AcceptHostSuggestionInput,
    @Context() context: RequestContext,
  ): Promise<{ host: string; app: App | null }> {
    if (newApp && !appId) {
      const app = { ...present(newApp), domains: newApp.domains ?? [host] };
      const named = (field: string) => (field.startsWith('domains') && !newApp.domains ? 'host' : `newApp.${field}`);
      return { host, app: await asField(named, () => this.catalog.createCustomApp(app, context.call)) };
    }
    if (!appId || newApp) throw eitherArgument('appId', 'newApp');
    await this.admin.assignHost({ host, appId }, context.call);
    return { host, app: await context.loaders.app.load(appId) };
  }

  @AuditedMutation('dismissHostSuggestion')
  @Allow('policyAdmin')
  async dismissHostSuggestion(
    @Args('host') host: string,
    @Context() context: RequestContext,
  ): Promise<{ dismissed: DismissedHost }> {
    return { dismissed: await this.admin.dismissHost({ host }, context.call) };
  }

  @AuditedMutation('restoreHostSuggestion')
  @Allow('policyAdmin')
  async restoreHostSuggestion(
    @Args('host') host: string,
    @Context() context: RequestContext,
  ): Promise<{ host: string }> {
    await this.admin.restoreHost({ host }, context.call);
    return { host };
  }

  @ResolveField('app')
  async app(@Parent() suggestion: HostSuggestion, @Context() context: RequestContext): Promise<App | null> {
    return suggestion.appId === '' ? null : context.loaders.app.load(suggestion.appId);
  }

  private async mostUsed(generativeAiHint: boolean, context: RequestContext): Promise<UnclaimedHost[]> {
    const hosts: UnclaimedHost[] = [];
    for (let count = 0, after = ''; count < PAGES; count += 1) {
      const request = { generativeAiHint, page: { first: PAGE, after } };
      const answer = await context.calls.run(() => this.telemetry.listUnclaimedHosts(request, context.call));
      hosts.push(...answer.hosts);
      after = answer.page?.cursors.at(-1) ?? '';
      if (!answer.page?.hasNextPage || after === '') break;
    }
    return hosts;
  }
}
