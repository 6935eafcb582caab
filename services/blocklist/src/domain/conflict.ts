import { create } from '@bufbuild/protobuf';
import { BlockConflictSchema, ConflictKind, Tag, type BlockConflict } from '#contracts';
import { nameOf, type Claim, type TaggedApp } from './claim.js';
import { byText } from './order.js';

/** `blocked` or `warned about`, by what the tenant wanted. */
function intent(app: TaggedApp): string {
  return app.tag === Tag.MONITORED ? 'warned about' : 'blocked';
}

export function publicSuffixConflict(app: TaggedApp, claim: Claim): BlockConflict {
  const what = claim.name.includes('.')
    ? `"${claim.name}" is a public suffix: sites that have nothing to do with ${nameOf(app)} have their names below it`
    : `"${claim.name}" is a single label: it would reach every site whose name ends in it`;
  return conflictOf(
    ConflictKind.PUBLIC_SUFFIX,
    app,
    shownName(claim),
    `${nameOf(app)} is not ${intent(app)} there: ${what}.`,
  );
}

export function sharedConflict(app: TaggedApp, claim: Claim, sharing: readonly Claim[]): BlockConflict {
  const shown = [...sharing].sort((a, b) => byText(a.appId, b.appId) || byText(a.name, b.name))[0]!;
  const others = new Set(sharing.map((other) => other.appId)).size - 1;
  const also = others === 0 ? '' : ` (and ${others} more sanctioned ${others === 1 ? 'app' : 'apps'})`;
  const uses = `${shown.below && !shown.host ? '*.' : ''}${shown.name}${shown.path ?? ''}`;
  return conflictOf(
    ConflictKind.SHARED_WITH_SANCTIONED,
    app,
    shownName(claim),
    `${nameOf(app)} is not ${intent(app)} at ${shownName(claim)}: the sanctioned app ${shown.appName}${also} uses ${uses}` +
      ', which would be cut off too. Take the sanction from that app, or narrow its hosts, to resolve this.',
    shown.appId,
  );
}

export function pathConflict(app: TaggedApp, claim: Claim, isWholeApp: boolean): BlockConflict {
  const what = isWholeApp ? nameOf(app) : `The part of ${nameOf(app)} at ${claim.name}${claim.path ?? ''}`;
  return conflictOf(
    ConflictKind.PATH_ONLY,
    app,
    claim.name,
    `${what} is not ${intent(app)}: it can only be told apart by the path ${claim.name}${claim.path ?? ''}, ` +
      `which a domain rule cannot express; all of ${claim.name} would be lost.`,
  );
}

export function noDomainConflict(app: TaggedApp): BlockConflict {
  const why = app.entry ? 'the catalog knows no domain or host of it' : 'the catalog does not hold this app';
  return conflictOf(ConflictKind.NO_DOMAIN_RULE, app, '', `${nameOf(app)} is not ${intent(app)}: ${why}.`);
}

/** The order in which conflicts are listed. */
export function byConflict(a: BlockConflict, b: BlockConflict): number {
  return byText(a.appId, b.appId) || a.kind - b.kind || byText(a.value, b.value);
}

function shownName(claim: Claim): string {
  return claim.host ? claim.name : `*.${claim.name}`;
}

function conflictOf(
  kind: ConflictKind,
  app: TaggedApp,
  value: string,
  explanation: string,
  sharedWithAppId = '',
): BlockConflict {
  return create(BlockConflictSchema, { kind, appId: app.appId, value, sharedWithAppId, explanation });
}
