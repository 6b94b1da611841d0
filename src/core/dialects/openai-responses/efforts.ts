import type { Effort } from '../../ir/call.ts';
import { bareModel, isOpenAiReasoning } from '../model-traits.ts';

/** The efforts that a model takes: each family of OpenAI's refuses some, with an error. */
export function knownEfforts(model: string): readonly Effort[] {
  if (!isOpenAiReasoning(model)) return ['low', 'medium', 'high'];
  const name = bareModel(model);
  const version = /^gpt-(\d+)(?:\.(\d+))?/.exec(name);
  if (version === null) return ['low', 'medium', 'high'];
  const [major, minor] = [Number(version[1]), Number(version[2] ?? 0)];
  if (name.includes('-pro')) return major > 5 || minor >= 2 ? ['medium', 'high', 'xhigh'] : ['high'];
  const isCodex = name.includes('-codex');
  if (major === 5 && minor === 0) return isCodex ? ['low', 'medium', 'high'] : ['minimal', 'low', 'medium', 'high'];
  if (major === 5 && minor === 1) {
    if (name.includes('-codex-max')) return ['low', 'medium', 'high', 'xhigh'];
    return isCodex ? ['low', 'medium', 'high'] : ['none', 'low', 'medium', 'high'];
  }
  return isCodex ? ['low', 'medium', 'high', 'xhigh'] : ['none', 'low', 'medium', 'high', 'xhigh'];
}
