import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ScoreExplanationSchema } from '#contracts';
import type { ScoreView } from './catalog.views.js';

/** The explanation of a score as the contract words it. */
export function explanationMessage(
  appId: string,
  { explanation, override }: ScoreView,
): MessageInitShape<typeof ScoreExplanationSchema> {
  const { score, confidence, groups, factors } = explanation;
  return {
    appId,
    score: override ? override.score : score,
    confidence,
    groups: groups.map((group) => ({ ...group })),
    factors: factors.map(({ factor, fact, points, weight, contribution }) => ({
      factorId: factor.id,
      name: factor.name,
      description: factor.description,
      group: factor.group,
      value: fact?.value,
      source: fact?.source,
      observedOn: fact?.observedOn,
      points,
      weight,
      contribution,
    })),
    overrideReason: override?.reason,
    computedScore: override ? score : undefined,
  };
}
