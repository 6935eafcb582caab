import { AlertResolver } from './alert.resolver.js';
import { ApiTokenResolver } from './api-token.resolver.js';
import { AppChangeResolver, ScoreHistoryResolver } from './app-change.resolver.js';
import { BlocklistConflictResolver, BlocklistRuleResolver, PolicyMatchResolver } from './app-reference.resolver.js';
import {
  AppCountryFacetResolver,
  AppScoreFacetResolver,
  AppSearchResolver,
  SavedAppQueryResolver,
} from './app-search.resolver.js';
import { AppTagResolver } from './app-tag.resolver.js';
import { AppLabelResolver } from './app-label.resolver.js';
import { AppNoteResolver } from './app-note.resolver.js';
import { AppResolver, ScoreExplanationResolver } from './app.resolver.js';
import { AuditResolver } from './audit.resolver.js';
import { BlocklistResolver, DeviceBlocklistStateResolver } from './blocklist.resolver.js';
import { CatalogStatusResolver } from './catalog-status.resolver.js';
import { CustomAppResolver } from './custom-app.resolver.js';
import { DeviceResolver } from './device.resolver.js';
import { DiscoveredAppResolver } from './discovered-app.resolver.js';
import { HostAssignmentResolver } from './host-assignment.resolver.js';
import { HostSuggestionResolver } from './host-suggestion.resolver.js';
import { IncidentResolver } from './incident.resolver.js';
import { LogUploadResolver } from './log-upload.resolver.js';
import { PolicyResolver } from './policy.resolver.js';
import {
  FactorWeightResolver,
  GroupWeightResolver,
  RiskWeightsResolver,
  ScoreOverrideResolver,
} from './risk-weights.resolver.js';
import { MeResolver, TenantResolver } from './tenant.resolver.js';

/** Every resolver class of the API. */
export const RESOLVERS = [
  AlertResolver,
  ApiTokenResolver,
  AppLabelResolver,
  AppNoteResolver,
  AppCountryFacetResolver,
  AppChangeResolver,
  AppResolver,
  AppScoreFacetResolver,
  AppSearchResolver,
  AppTagResolver,
  AuditResolver,
  BlocklistConflictResolver,
  BlocklistResolver,
  BlocklistRuleResolver,
  CatalogStatusResolver,
  CustomAppResolver,
  DeviceBlocklistStateResolver,
  DeviceResolver,
  DiscoveredAppResolver,
  HostAssignmentResolver,
  HostSuggestionResolver,
  FactorWeightResolver,
  GroupWeightResolver,
  IncidentResolver,
  LogUploadResolver,
  MeResolver,
  PolicyMatchResolver,
  PolicyResolver,
  SavedAppQueryResolver,
  RiskWeightsResolver,
  ScoreExplanationResolver,
  ScoreHistoryResolver,
  ScoreOverrideResolver,
  TenantResolver,
];
