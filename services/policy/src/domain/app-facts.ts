import type { AiKind, App, AppCategory } from '#contracts';

/** What policies look at in an app. */
export interface AppFacts {
  readonly appId: string;
  readonly name: string;
  readonly category: AppCategory;
  readonly aiKind: AiKind;
  readonly generativeAi: boolean;
  /** 0 to 10, 10 = most trustworthy; undefined = unscored, which is not 0. */
  readonly score: number | undefined;
}

export function factsOf(app: App): AppFacts {
  return {
    appId: app.id,
    name: app.name,
    category: app.category,
    aiKind: app.aiKind,
    generativeAi: app.generativeAi,
    score: app.score,
  };
}
