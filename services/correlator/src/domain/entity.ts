import { EntityKind } from '#contracts';

/** Something an alert is about. */
export interface Involved {
  readonly kind: EntityKind;
  readonly id: string;
  readonly name: string;
}

/** A key that is the same for the same thing. */
export function entityKey({ kind, id }: Pick<Involved, 'kind' | 'id'>): string {
  return `${kind}:${id}`;
}

/**
 * The entities by which an alert is linked to others: users, devices and apps. An address links only where it is all
 * that is known of who it was: behind one address many may sit.
 */
export function linkingEntities(entities: readonly Involved[]): Involved[] {
  const named = entities.some(({ kind }) => kind === EntityKind.USER || kind === EntityKind.DEVICE);
  return entities.filter(({ kind }) => {
    if (kind === EntityKind.IP_ADDRESS) return !named;
    return kind === EntityKind.USER || kind === EntityKind.DEVICE || kind === EntityKind.APP;
  });
}

/** Both lists, each thing once, in order; at most `limit` of them. */
export function unitedEntities(a: readonly Involved[], b: readonly Involved[], limit: number): Involved[] {
  const united = new Map(a.map((entity) => [entityKey(entity), entity]));
  for (const entity of b) if (!united.has(entityKey(entity))) united.set(entityKey(entity), entity);
  return [...united.values()].slice(0, limit);
}

const NOUNS: Readonly<Record<EntityKind, string>> = {
  [EntityKind.UNSPECIFIED]: 'entity',
  [EntityKind.USER]: 'user',
  [EntityKind.DEVICE]: 'device',
  [EntityKind.APP]: 'app',
  [EntityKind.IP_ADDRESS]: 'address',
  [EntityKind.POLICY]: 'policy',
};

/** For example `user alice@example.com`. */
export function entityWords({ kind, name }: Involved): string {
  return `${NOUNS[kind]} ${name}`;
}
