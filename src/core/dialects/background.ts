import type { Conversation, OfferedTools, Settings } from './read-features.ts';

/**
 * Small calls that agents make on their own, by what they send: a schema's property names, an agent's own fixed words, the shape of
 * the conversation. Never by what a user says. A call of the main loop must not be taken for one, so every rule asks for the absence
 * of tools or for a mark that only the agent sets. Sources: recorded requests, and the public sources of Gemini CLI, Qwen Code,
 * OpenCode and Codex.
 */
export function backgroundOf(talk: Conversation, tools: OfferedTools, settings: Settings): string | undefined {
  if (tools.asksForSchema && tools.all === 1) return 'side-query';
  if (talk.lastTexts.some((text) => COMPACTION.some((words) => talk.begins(text, words)))) return 'compaction';
  if (tools.all > 0) return undefined;
  if (settings.outputLimit === 1) return 'probe';
  return answerKind(settings) ?? (isTitleTask(talk, settings) ? 'title' : undefined);
}

/** How Codex, Claude Code, OpenCode, Gemini CLI and Qwen Code begin when a conversation is to be summed up. */
const COMPACTION = [
  'You are performing a CONTEXT CHECKPOINT COMPACTION',
  'Your task is to create a detailed summary of the conversation so far',
  'Provide a detailed prompt for continuing our conversation above',
  'First, reason in your scratchpad. Then, generate the <state_snapshot>',
  'Generate a new <state_snapshot> based on the provided history',
];

interface AnswerKind {
  readonly kind: string;
  /** All of these, and nothing but these and `also`. */
  readonly names: readonly string[];
  readonly also?: readonly string[];
}

const ANSWERS: readonly AnswerKind[] = [
  { kind: 'title', names: ['isNewTopic'], also: ['title'] },
  { kind: 'router', names: ['model_choice'], also: ['reasoning'] },
  { kind: 'router', names: ['complexity_score'], also: ['complexity_reasoning'] },
  { kind: 'next-speaker', names: ['next_speaker'], also: ['reasoning'] },
  { kind: 'loop-check', names: ['unproductive_state_confidence'], also: ['unproductive_state_analysis'] },
  { kind: 'edit-repair', names: ['noChangesRequired', 'search', 'replace'], also: ['explanation'] },
];

/** Many programs ask for a bare title of something; with thinking switched off beside it, it is an agent's. */
const BARE_TITLE: AnswerKind = { kind: 'title', names: ['title'] };

function answerKind({ answerNames, thinkingOff }: Settings): string | undefined {
  if (answerNames.length === 0) return undefined;
  const known = thinkingOff ? [...ANSWERS, BARE_TITLE] : ANSWERS;
  return known.find(
    ({ names, also = [] }) =>
      names.every((name) => answerNames.includes(name)) && answerNames.every((name) => names.includes(name) || also.includes(name)),
  )?.kind;
}

/**
 * OpenCode: a line that announces, in a text of its own ("Generate a title for this conversation:"), then the user's words, and no
 * answer yet. The line names a title, or thinking is switched off: either alone happens elsewhere.
 */
function isTitleTask(talk: Conversation, { thinkingOff }: Settings): boolean {
  if (talk.turns !== 1 || talk.userTexts < 2 || talk.firstText === undefined) return false;
  if (talk.firstText.end - talk.firstText.start > LONGEST_LINE) return false;
  const line = talk.decode(talk.firstText).trim();
  if (!line.endsWith(':') || line.includes('\n')) return false;
  return thinkingOff || /^generate a title\b/i.test(line);
}

const LONGEST_LINE = 80;
