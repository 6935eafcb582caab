import armor from '@escape.tech/graphql-armor';
import {
  MaxIntrospectionDepthRule,
  NoSchemaIntrospectionCustomRule,
  specifiedRules,
  type ValidationRule,
} from 'graphql';
import type { SettingsOf } from '#kernel';
import type { GatewaySettings } from '../gateway.config.js';

/**
 * The limits of an operation's shape as validation rules: depth, aliases, directives. What it costs is in `cost.ts`.
 *
 * Left out of armor on purpose: its token limit, which turns parse errors into 500 (the parser has one of its own); its
 * masking of suggestions, which Apollo does; its cost limit, which does not see a `first` that comes as a variable.
 */
export function limitRules(settings: SettingsOf<typeof GatewaySettings>): ValidationRule[] {
  const { validationRules } = new armor.ApolloArmor({
    maxDepth: { n: settings.maxDepth, flattenFragments: true },
    // By default it lets `__typename` pass, however often it is asked for.
    maxAliases: { n: settings.maxAliases, allowList: [] },
    maxDirectives: { n: settings.maxDirectives },
    costLimit: { enabled: false },
    maxTokens: { enabled: false },
    blockFieldSuggestion: { enabled: false },
  }).protect();
  // Armor leaves introspection out of the depth.
  return [...validationRules, MaxIntrospectionDepthRule];
}

/** Everything an operation that comes over WebSocket is checked by. Over HTTP, Apollo adds the specified rules itself. */
export function allRules(settings: SettingsOf<typeof GatewaySettings>): ValidationRule[] {
  const rules = [...specifiedRules, ...limitRules(settings)];
  return settings.introspection ? rules : [...rules, NoSchemaIntrospectionCustomRule];
}
