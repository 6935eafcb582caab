/** Parts of a label that only names of AI services have. */
const FRAGMENTS = [
  'gpt',
  'llm',
  'genai',
  'openai',
  'chatbot',
  'copilot',
  'anthropic',
  'deepseek',
  'huggingface',
  'stablediffusion',
  'midjourney',
  'ollama',
  'langchain',
  'perplexity',
];
/** Words that say so only where they stand alone, between dashes or dots. */
const WORDS: ReadonlySet<string> = new Set([
  'ai',
  'aigc',
  'claude',
  'gemini',
  'llama',
  'mistral',
  'qwen',
  'inference',
  'prompt',
  'prompts',
  'embeddings',
  'diffusion',
  'whisper',
  'rag',
  'mcp',
]);

/** Why a host's name looks like that of an AI service, in words; empty where it does not. A hint, never a verdict. */
export function generativeAiHint(host: string): string {
  const labels = host.split('.');
  for (const label of labels.slice(0, -1)) {
    const fragment = FRAGMENTS.find((candidate) => label.includes(candidate));
    if (fragment) return `name contains “${fragment}”`;
    const word = label.split(/[-_]/).find((candidate) => WORDS.has(candidate));
    if (word) return `name has the word “${word}”`;
  }
  return labels.at(-1) === 'ai' && labels.length > 1 ? 'domain under .ai' : '';
}
