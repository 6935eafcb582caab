import { Injectable } from '@nestjs/common';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AppNoteSchema } from '#contracts';
import type { Tx } from '#database';
import { newId } from '#kernel';
import type { CallContext } from '#rpc';
import { tooManyNotes } from './admin.errors.js';
import { invalidField } from './catalog.errors.js';
import { isPlainText } from './domain/text.js';

const MAX_NOTE = 4_000;
export const MAX_NOTES = 100;

/** A row of `app_note`. */
export interface NoteRow {
  readonly note_id: string;
  readonly app_id: string;
  readonly text: string;
  readonly author: string;
  readonly created_at: Date;
  readonly edited_by: string;
  readonly edited_at: Date | null;
}

/** The text of a note, trimmed. @throws DomainError `catalog.note-invalid` */
export function readNote(text: string, field: string): string {
  const note = text.trim();
  if (note === '' || note.length > MAX_NOTE || !isPlainText(note))
    throw invalidField('note', field, `A note has 1 to ${MAX_NOTE} characters of text.`);
  return note;
}

export function noteMessage(row: NoteRow): MessageInitShape<typeof AppNoteSchema> {
  return {
    id: row.note_id,
    appId: row.app_id,
    text: row.text,
    author: row.author,
    createdAt: timestampFromDate(row.created_at),
    editedBy: row.edited_by,
    editedAt: row.edited_at ? timestampFromDate(row.edited_at) : undefined,
  };
}

/** What admins wrote about apps. */
@Injectable()
export class NoteStore {
  /** Needs the tenant's lock. @throws DomainError `catalog.too-many-notes` */
  async add(
    tx: Tx,
    { tenantId, actor }: CallContext,
    { appId, text, at }: { appId: string; text: string; at: Date },
  ): Promise<NoteRow> {
    const counted = await tx.query<{ count: number }>(
      'SELECT count(*)::int FROM app_note WHERE tenant_id = $1 AND app_id = $2',
      [tenantId, appId],
    );
    if ((counted[0]?.count ?? 0) >= MAX_NOTES) throw tooManyNotes(MAX_NOTES);
    const rows = await tx.query<NoteRow>(
      `INSERT INTO app_note (tenant_id, note_id, app_id, text, author, created_at, edited_by)
       VALUES ($1, $2, $3, $4, $5, $6, '') RETURNING *`,
      [tenantId, newId(), appId, text, actor.name, at],
    );
    return rows[0] as NoteRow;
  }

  /** The first notes about new apps. */
  async addFirst(
    tx: Tx,
    { tenantId, actor }: CallContext,
    notes: readonly { appId: string; text: string }[],
    at: Date,
  ): Promise<void> {
    await tx.query(
      `INSERT INTO app_note (tenant_id, note_id, app_id, text, author, created_at, edited_by)
       SELECT $1, x.note_id, x.app_id, x.text, $5, $6, '' FROM unnest($2::text[], $3::text[], $4::text[])
         AS x(note_id, app_id, text)`,
      [
        tenantId,
        notes.map(() => newId()),
        notes.map(({ appId }) => appId),
        notes.map(({ text }) => text),
        actor.name,
        at,
      ],
    );
  }

  async edit(
    tx: Tx,
    { tenantId, actor }: CallContext,
    { id, text, at }: { id: string; text: string; at: Date },
  ): Promise<NoteRow | undefined> {
    const rows = await tx.query<NoteRow>(
      `UPDATE app_note SET text = $3, edited_by = $4, edited_at = $5 WHERE tenant_id = $1 AND note_id = $2 RETURNING *`,
      [tenantId, id, text, actor.name, at],
    );
    return rows[0];
  }

  /** @returns whether there was one */
  async delete(tx: Tx, tenantId: string, id: string): Promise<boolean> {
    const rows = await tx.query<NoteRow>('DELETE FROM app_note WHERE tenant_id = $1 AND note_id = $2 RETURNING *', [
      tenantId,
      id,
    ]);
    return rows.length > 0;
  }
}
