/** What the categories of the public lists say of the kind of an AI app. Earlier kinds win where votes are equal. */
const KINDS: readonly (readonly [kind: string, hint: RegExp])[] = [
  ['LOCAL_RUNNER', /local-model|local llm/i],
  ['MCP_SERVER', /\bmcp\b|model context protocol/i],
  ['TRANSLATION', /翻译|translat|locali[sz]ation/i],
  ['MEETING_NOTES', /meeting|会议|transcription/i],
  [
    'CODING',
    /cod(e|ing)\b|developer productivity|编程|app builders?|prompt-to-app|devops|testing and qa|ui generators|database and api|cli tools|documentation|development tools|developer tools/i,
  ],
  ['VIDEO', /video|视频|animation|avatars?\b/i],
  ['VOICE', /voice|speech|music|sound|audio|音频/i],
  ['IMAGE', /image|photo|图片|图像|背景|设计|design|stable diffusion|3d|logo|art\b|商品图/i],
  ['COMPANION', /companion|entertainment|gaming|陪伴/i],
  ['SEARCH', /search|搜索|academia|research & knowledge/i],
  ['DATA_ANALYSIS', /data analysis|analytics|表格|data pipeline|machine learning platform|mlops|sql/i],
  ['WRITING', /writ(ing|er)|content creation|文档|ppt|text generators|思维导图|seo\b|personali[sz]ation/i],
  [
    'AGENT_PLATFORM',
    /agent|llm ops|frameworks|automation|autonomous|chatbot builders|custom assistants|low and no-code|memory and context|multi-agent/i,
  ],
  ['ASSISTANT', /chatbot|assistant|聊天|custom interfaces|chatgpt extensions|效能/i],
  ['MODEL_PROVIDER_API', /llm-provider|ai-provider|ai-model|^models$/i],
];
const STRONG = new Set(['llm-provider', 'local-model', 'coding', 'transcription']);
const EMBEDDED =
  /b2b|customer support|marketing|sales|security|productivity|e-commerce|education|finance|legal|task &|email|^consumer|healthcare|fintech|real estate|^industrials|^government/i;

/** The likeliest kind, by the vote of the hints. */
export function kindOf(hints: readonly string[]): string {
  const votes = new Map<string, number>();
  for (const hint of hints) {
    if (/product and design/i.test(hint)) continue;
    for (const [kind, pattern] of KINDS) {
      if (pattern.test(hint)) votes.set(kind, (votes.get(kind) ?? 0) + (STRONG.has(hint) ? 2 : 1));
    }
  }
  const best = Math.max(0, ...votes.values());
  const winner = KINDS.find(([kind]) => best > 0 && votes.get(kind) === best);
  if (winner) return winner[0];
  return hints.some((hint) => EMBEDDED.test(hint)) ? 'EMBEDDED_FEATURE' : 'ASSISTANT';
}

/** The category of a kind: providers and servers have one of their own. */
export function categoryOf(kind: string): string {
  if (kind === 'MODEL_PROVIDER_API') return 'AI_MODEL_PROVIDER';
  return kind === 'MCP_SERVER' ? 'AI_MCP_SERVER' : 'GENERATIVE_AI';
}
