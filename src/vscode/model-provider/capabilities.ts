import { bareModel } from '../../core/dialects/model-traits.ts';

/**
 * Families that are known not to look at images, or not to call tools; as their vendors' documentation has it in late 2026. A name
 * that is not here counts as one that can: the provider says it when it is not so, and a model that is hidden can never be asked.
 */
const TEXT_ONLY: readonly RegExp[] = [
  /^gpt-3|^o1-mini|^o1-preview|^o3-mini|^gpt-oss|^codex-mini/,
  /^claude-(?:2|instant|3-5-haiku)/,
  /^deepseek-(?!vl)/,
  /^(?:codestral|devstral|magistral|ministral|mistral-(?:nemo|7b|tiny)|open-mi(?:s|x)tral|mixtral)/,
  /^llama-?3(?:[.:-]|$)(?!2-.*vision)|^meta-llama-3/,
  /^qwen(?:2\.5|3)-coder|^qwq/,
  /^kimi-k2(?!\.\d)|^glm-4(?!\.\dv|v)|^minimax-m2|^phi-?[34](?!.*vision|.*multimodal)|^grok-(?:2|3|code)(?!.*vision)/,
];

const WITHOUT_TOOLS: readonly RegExp[] = [
  /^o1-mini|^o1-preview|^gpt-3\.5-turbo-instruct/,
  /^claude-(?:2|instant)/,
  /^gemma-?[23]?(?:[:-]|$)/,
  /^phi-?3|^llama-?2|^deepseek-(?:coder|math|prover)/,
];

export function takesImages(model: string): boolean {
  return !TEXT_ONLY.some((family) => family.test(bareModel(model)));
}

export function takesTools(model: string): boolean {
  return !WITHOUT_TOOLS.some((family) => family.test(bareModel(model)));
}
