import * as contracts from '#contracts';

type ProtoEnum = Record<string, string | number>;

/** The names of a generated enum with their numbers. What is unspecified there is null in GraphQL, so it has no name. */
function namesOf(generated: ProtoEnum): Record<string, number> {
  const entries = Object.entries(generated).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[0] !== 'UNSPECIFIED',
  );
  return Object.fromEntries(entries);
}

/** GraphQL enums that stand for enums of the contracts: resolvers get and answer the contracts' numbers. */
export const PROTO_ENUMS = {
  AiKind: namesOf(contracts.AiKind),
  AlertKind: namesOf(contracts.AlertKind),
  AppChangeCause: namesOf(contracts.AppChangeCause),
  AppChangeKind: namesOf(contracts.AppFeedKind),
  AppCategory: namesOf(contracts.AppCategory),
  AppSortField: namesOf(contracts.AppSortField),
  BlockAction: namesOf(contracts.BlockAction),
  BlocklistConflictKind: namesOf(contracts.ConflictKind),
  Classification: namesOf(contracts.Classification),
  DeliveryState: namesOf(contracts.DeliveryState),
  Determination: namesOf(contracts.Determination),
  DiscoveredAppSortField: namesOf(contracts.DiscoveredAppSortField),
  DomainRuleKind: namesOf(contracts.DomainRuleKind),
  EntityKind: namesOf(contracts.EntityKind),
  FactorGroup: namesOf(contracts.FactorGroup),
  IncidentChangeKind: namesOf(contracts.IncidentChangeKind),
  IncidentStatus: namesOf(contracts.IncidentStatus),
  MatchRuleKind: namesOf(contracts.MatchRuleKind),
  MatchRuleUse: namesOf(contracts.MatchRuleUse),
  PolicyScope: namesOf(contracts.PolicyScope),
  RescoreState: namesOf(contracts.RescoreState),
  Severity: namesOf(contracts.Severity),
  SuggestionKind: namesOf(contracts.SuggestionKind),
  Tag: namesOf(contracts.Tag),
};

/** GraphQL enums with values of our own. */
export const OWN_ENUMS = {
  Role: {
    VIEWER: 'viewer',
    ANALYST: 'analyst',
    POLICY_ADMIN: 'policyAdmin',
    ADMIN: 'admin',
    INTEGRATION: 'integration',
  },
  CallerKind: { USER: 'user', INTEGRATION: 'integration', DEVICE: 'device', SYSTEM: 'system' },
  // A filter asks for "no tag" by name; the contracts do by the unspecified tag.
  TagFilter: { UNTAGGED: contracts.Tag.UNSPECIFIED, ...namesOf(contracts.Tag) },
};
