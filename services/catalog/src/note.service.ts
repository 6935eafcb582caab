import { Inject, Injectable } from '@nestjs/common';
import { Database } from '#database';
import { Clock } from '#kernel';
import type { CallContext } from '#rpc';
import { noteNotFound } from './admin.errors.js';
import { appNotFound } from './catalog.errors.js';
import { CatalogStore } from './catalog.store.js';
import { isPlainText } from './domain/text.js';
import { NoteStore, readNote, type NoteRow } from './note.store.js';

/** Notes of a tenant about apps, global ones and its own. */
@Injectable()
export class NoteService {
  constructor(
    @Inject(Database) private readonly database: Database,
    private readonly store: CatalogStore,
    private readonly notes: NoteStore,
    private readonly clock: Clock,
  ) {}

  /** @throws DomainError `catalog.app-not-found`, `catalog.note-invalid`, `catalog.too-many-notes` */
  async add(appId: string, text: string, context: CallContext): Promise<NoteRow> {
    const note = readNote(text, 'text');
    return this.database.transaction(async (tx) => {
      await this.store.lockTenant(tx, context.tenantId);
      if (!isPlainText(appId) || !(await this.store.exists(tx, context.tenantId, appId))) throw appNotFound(appId);
      return this.notes.add(tx, context, { appId, text: note, at: this.clock.now() });
    });
  }

  /** @throws DomainError `catalog.note-not-found`, `catalog.note-invalid` */
  async edit(id: string, text: string, context: CallContext): Promise<NoteRow> {
    const note = readNote(text, 'text');
    if (!isPlainText(id)) throw noteNotFound();
    return this.database.transaction(async (tx) => {
      const row = await this.notes.edit(tx, context, { id, text: note, at: this.clock.now() });
      if (!row) throw noteNotFound();
      return row;
    });
  }

  /** @throws DomainError `catalog.note-not-found` */
  async delete(id: string, { tenantId }: CallContext): Promise<void> {
    await this.database.transaction(async (tx) => {
      if (!isPlainText(id) || !(await this.notes.delete(tx, tenantId, id))) throw noteNotFound();
    });
  }
}
