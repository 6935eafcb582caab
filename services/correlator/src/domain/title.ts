import { AlertKind } from '#contracts';

/** How many of something an incident is about, and what the first of them are called. */
export interface Extent {
  readonly count: number;
  readonly names: readonly string[];
}

/** What an incident is about, as far as its title needs it. */
export interface Scope {
  readonly kinds: readonly AlertKind[];
  readonly apps: Extent;
  readonly users: Extent;
  readonly devices: Extent;
  readonly addresses: Extent;
  readonly policies: Extent;
  /** Whether all apps in it are generative AI. */
  readonly allGenerativeAi: boolean;
}

/** A title that says what happened, to which apps and by whom, for example `Blocked attempts to use DeepSeek by alice`. */
export function incidentTitle(scope: Scope): string {
  const { kinds, apps, users, devices, addresses } = scope;
  if (users.count + devices.count + addresses.count === 0) return matchTitle(scope);
  const who = users.count > 0 ? users : devices.count > 0 ? devices : addresses;
  const actors =
    who === users
      ? counted(who.count, 'user')
      : who === devices
        ? counted(who.count, 'device')
        : counted(who.count, 'address', 'addresses');
  const shadow = scope.allGenerativeAi ? 'Shadow AI' : 'Shadow IT';
  if (apps.count !== 1 && who.count !== 1) return `${shadow}: ${counted(apps.count, 'app')}, ${actors}`;
  const what = apps.count === 1 ? apps.names[0]! : counted(apps.count, 'app');
  const device = who === users && users.count === 1 && devices.count === 1 ? ` on ${devices.names[0]!}` : '';
  return `${happened(kinds)} ${what} by ${who.count === 1 ? who.names[0]! + device : actors}`;
}

function matchTitle({ apps, policies, allGenerativeAi }: Scope): string {
  const what = apps.count === 1 ? apps.names[0]! : counted(apps.count, allGenerativeAi ? 'AI app' : 'app');
  const which = policies.count === 1 ? `policy “${policies.names[0]!}”` : counted(policies.count, 'policy', 'policies');
  return `${what} ${apps.count === 1 ? 'matches' : 'match'} ${which}`;
}

function happened(kinds: readonly AlertKind[]): string {
  const blocked = kinds.includes(AlertKind.BLOCKED_ATTEMPT) || kinds.includes(AlertKind.REPEATED_ATTEMPTS);
  const used = kinds.includes(AlertKind.UNBLOCKED_USE);
  if (blocked && used) return 'Blocked and unblocked use of';
  return used ? 'Unblocked use of' : 'Blocked attempts to use';
}

function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}
