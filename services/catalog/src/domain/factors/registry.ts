import { aiFactors } from './ai.js';
import { complianceFactors } from './compliance.js';
import type { FactorDefinition } from './definition.js';
import { generalFactors } from './general.js';
import { legalFactors } from './legal.js';
import { measuredFactors } from './measured.js';
import { securityFactors } from './security.js';

/** Every risk factor there is, in the order in which they are shown. */
export const factors: readonly FactorDefinition[] = [
  ...generalFactors,
  ...securityFactors,
  ...measuredFactors,
  ...complianceFactors,
  ...legalFactors,
  ...aiFactors,
];

export const factorById: ReadonlyMap<string, FactorDefinition> = new Map(factors.map((factor) => [factor.id, factor]));
