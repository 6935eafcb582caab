import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { Clock } from '#kernel';
import type { CallContext } from '#rpc';
import { hostNotDismissed, tooManyDismissed } from './admin.errors.js';
import { invalidField } from './catalog.errors.js';
import { CatalogStore } from './catalog.store.js';
import { claimingNames } from './domain/host-names.js';
import { SuggestionStore, type DismissedRow } from './suggestion.store.js';

const MAX_DISMISSED = 10_000;

/** Which hosts a tenant does not want suggested any more. */
@Injectable()
export class SuggestionService {
  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly store: CatalogStore,
    private readonly suggestions: SuggestionStore,
    private readonly clock: Clock,
  ) {}

  /**
   * Dismissing a host again changes nothing.
   *
   * @throws DomainError `catalog.host-invalid`, `catalog.too-many-dismissed-hosts`
   */
  async dismiss(text: string, { tenantId, actor }: CallContext): Promise<DismissedRow> {
    const host = readHost(text);
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, tenantId);
      const before = await this.suggestions.find(tx, tenantId, host);
      if (before) return before;
      if ((await this.suggestions.count(tx, tenantId)) >= MAX_DISMISSED) throw tooManyDismissed(MAX_DISMISSED);
      return this.suggestions.dismiss(tx, tenantId, host, actor.name, this.clock.now());
    });
  }

  /** @throws DomainError `catalog.host-invalid`, `catalog.host-not-dismissed` */
  async restore(text: string, { tenantId }: CallContext): Promise<void> {
    const host = readHost(text);
    await this.database.transaction(async (tx) => {
      if (!(await this.suggestions.restore(tx, tenantId, host))) throw hostNotDismissed();
    });
  }
}

function readHost(text: string): string {
  const [host] = claimingNames(text.trim());
  if (host === undefined) throw invalidField('host', 'host', 'That is no host name.');
  return host;
}
