import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  AiKind,
  AppCategory,
  AppFilterSchema,
  PolicyInputSchema,
  PolicyScope,
  Severity,
  Tag,
  type PolicyInput,
} from '#contracts';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AppFacts } from '../src/domain/app-facts.js';
import type { Claim, ManualTag } from '../src/domain/decision.js';

export function filterOf(init: MessageInitShape<typeof AppFilterSchema>) {
  return create(AppFilterSchema, init);
}

type InputParts = Partial<Omit<MessageInitShape<typeof PolicyInputSchema>, '$typeName' | '$unknown'>>;

export function inputOf(parts: InputParts): PolicyInput {
  const usual: InputParts = {
    name: 'Block risky AI',
    severity: Severity.HIGH,
    scope: PolicyScope.DISCOVERED,
    action: Tag.UNSANCTIONED,
    alert: true,
    enabled: true,
    filter: { generativeAi: true, maxScore: 6 },
  };
  return create(PolicyInputSchema, { ...usual, ...parts });
}

export function appFacts(facts: Partial<AppFacts> = {}): AppFacts {
  return {
    appId: 'deepseek',
    name: 'DeepSeek',
    category: AppCategory.GENERATIVE_AI,
    aiKind: AiKind.ASSISTANT,
    generativeAi: true,
    score: 3.4,
    ...facts,
  };
}

const idArb = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const tagArb = fc.constantFrom(Tag.UNSPECIFIED, Tag.SANCTIONED, Tag.UNSANCTIONED, Tag.MONITORED);
const categoryArb = fc.constantFrom(AppCategory.GENERATIVE_AI, AppCategory.CRM, AppCategory.WEBMAIL);
const kindArb = fc.constantFrom(AiKind.UNSPECIFIED, AiKind.ASSISTANT, AiKind.CODING);
const scoreArb = fc.integer({ min: 0, max: 100 }).map((tenths) => tenths / 10);
const few = <T>(arb: fc.Arbitrary<T>) => fc.uniqueArray(arb, { maxLength: 3 });

export const appArb: fc.Arbitrary<AppFacts> = fc.record({
  appId: idArb,
  name: fc.constant('App'),
  category: categoryArb,
  aiKind: kindArb,
  generativeAi: fc.boolean(),
  score: fc.option(scoreArb, { nil: undefined }),
});

export const filterArb = fc
  .record(
    {
      categories: few(categoryArb),
      excludedCategories: few(categoryArb),
      minScore: scoreArb,
      maxScore: scoreArb,
      tags: few(tagArb),
      appIds: few(idArb),
      excludedAppIds: few(idArb),
      generativeAi: fc.boolean(),
      aiKinds: few(kindArb.filter((kind) => kind !== AiKind.UNSPECIFIED)),
    },
    { requiredKeys: [] },
  )
  .map((init) => filterOf(init));

export const manualTagArb = tagArb;

export const manualArb: fc.Arbitrary<ManualTag | undefined> = fc.option(
  fc.record({
    tag: tagArb.filter((tag) => tag !== Tag.UNSPECIFIED),
    setBy: fc.constantFrom('alice', 'bob'),
    reason: fc.constantFrom('', 'because'),
  }),
  { nil: undefined },
);

export const claimsArb: fc.Arbitrary<Claim[]> = fc.uniqueArray(
  fc.record({
    policyId: fc.uuid(),
    policyName: fc.string({ minLength: 1, maxLength: 8 }),
    action: tagArb,
    createdAt: fc.integer({ min: 0, max: 5 }),
    matchedValues: fc.array(fc.constantFrom('riskScore = 3 (0 to 6)', 'generativeAi = yes'), { maxLength: 2 }),
  }),
  { selector: (claim) => claim.policyId, maxLength: 8 },
);
