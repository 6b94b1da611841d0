import { bareModel, claudeThinking, geminiThinking, takesEffort } from '../core/dialects/model-traits.ts';

/** What a model takes and does, as its name tells; undefined: not known. */
export interface ModelAbilities {
  readonly tools: boolean | undefined;
  readonly images: boolean | undefined;
  readonly thinking: boolean | undefined;
}

/** By the first pattern that fits the bare name, as the vendors' documentation has it in late 2026. */
const FAMILIES: readonly (readonly [family: RegExp, abilities: Omit<ModelAbilities, 'thinking'>])[] = [
  [/embed|whisper|tts|moderation|dall-e|imagen|rerank/, { tools: false, images: undefined }],
  [/^claude-(?:instant|2)/, { tools: false, images: false }],
  [/^claude-/, { tools: true, images: true }],
  [/^gpt-3\.5|^o3-mini|^gpt-oss/, { tools: true, images: false }],
  [/^o1-mini|^o1-preview/, { tools: false, images: false }],
  [/^gpt-4(?:-\d{4}|$)/, { tools: true, images: false }],
  [/^gpt-[4-9]|^o\d|^codex|^chatgpt/, { tools: true, images: true }],
  [/^gemini-/, { tools: true, images: true }],
  [/^grok-[4-9]/, { tools: true, images: true }],
  [/^grok-3/, { tools: true, images: false }],
  [/^deepseek-|^kimi-k2|^glm-4\.[5-9](?!v)|^qwen3-coder|^devstral|^codestral/, { tools: true, images: false }],
  [/^pixtral|^qwen.*-vl|^llava|^llama-4/, { tools: undefined, images: true }],
];

export function abilitiesOf(model: string): ModelAbilities {
  const name = bareModel(model);
  const { tools, images } = FAMILIES.find(([family]) => family.test(name))?.[1] ?? {};
  return { tools, images, thinking: thinks(name) };
}

function thinks(name: string): boolean | undefined {
  if (name.startsWith('claude-')) return claudeThinking(name) !== 'none';
  if (name.startsWith('gemini-')) return geminiThinking(name) !== 'none';
  if (takesEffort(name) || /reasoner|thinking|-r1\b|^magistral|^qwq/.test(name)) return true;
  return /^gpt-[34]|^chatgpt/.test(name) ? false : undefined;
}
