import type { RequestFeatures } from '../../ir/features.ts';
import type { Complexity, RequestClass } from './request-features.ts';

export interface Classified {
  readonly class: RequestClass;
  readonly complexity: Complexity;
  /** For a person, in the order in which they counted: first what made the class, then what made the complexity. */
  readonly reasons: readonly string[];
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a request is about: the first class of `REQUEST_CLASSES` that fits. Header names are lower case. */
export function classify(features: RequestFeatures, headers: Headers): Classified {
  return new Judgement(features, headers);
}

/** The complexity is judged when somebody asks: few rules do, and for it the user's words must be counted. */
class Judgement implements Classified {
  readonly class: RequestClass;
  readonly #why: readonly string[];
  readonly #features: RequestFeatures;
  #complexity: Judged<Complexity> | undefined;

  constructor(features: RequestFeatures, headers: Headers) {
    [this.class, this.#why] = classOf(features, headers);
    this.#features = features;
  }

  get complexity(): Complexity {
    return this.#judged()[0];
  }

  get reasons(): readonly string[] {
    return [...this.#why, ...this.#judged()[1]];
  }

  #judged(): Judged<Complexity> {
    return (this.#complexity ??= complexityOf(this.#features, this.class));
  }
}

type Judged<Verdict> = readonly [verdict: Verdict, reasons: readonly string[]];

const NONE: readonly string[] = [];

/**
 * Many models and most hosts end at 128,000 tokens, the answer included. The estimate is up to a fifth too low, and whoever routes by
 * this class wants the larger model before the smaller one refuses.
 */
const LONG_CONTEXT_TOKENS = 100_000;

/**
 * A larger call is not small, whatever it is for. Background calls are routed to small models, which may end at 32,000 tokens, and a
 * conversation that was compacted badly is lost: a long compaction stays with the class that its conversation has.
 */
const BACKGROUND_TOKENS = 30_000;

function classOf(features: RequestFeatures, headers: Headers): Judged<RequestClass> {
  const { tokens, tools, webSearch, onlyWebSearch, newImages, images, thinking } = features;
  const background = backgroundReason(features, headers);
  if (background !== undefined && tokens <= BACKGROUND_TOKENS) return ['background', [background]];
  const passed = background === undefined ? NONE : [`${background}, but about ${count(tokens)} tokens are no small call`];
  if (onlyWebSearch) return ['web-search', [...passed, 'a search of the web is all that is asked for']];
  if (newImages > 0) return ['image', [...passed, `${plural(newImages, 'image')} came with the last words of the user or since`]];
  if (tokens > LONG_CONTEXT_TOKENS) return ['long-context', [...passed, `about ${count(tokens)} tokens`]];
  if (thinking) return ['thinking', [...passed, 'more thinking is asked for than agents ask for by themselves']];
  const old = images > 0 ? [`${plural(images, 'image')} only in earlier turns`] : NONE;
  const search = webSearch ? ['searching the web is offered beside other tools'] : NONE;
  if (tools > 0) return ['tools', [...passed, ...search, ...old, tools === 1 ? '1 tool is offered' : `${tools} tools are offered`]];
  return ['plain', [...passed, ...search, ...old, 'no tools, no new images, no thinking, not long']];
}

/**
 * By the headers of Claude Code (`CLAUDE_CODE_GATEWAY_HINT_HEADERS`) and Codex; only where neither says anything, by the body. A
 * `side_reply` answers a person, and a review or a sub-agent does the work that was asked for.
 */
function backgroundReason({ background }: RequestFeatures, headers: Headers): string | undefined {
  for (const [name, small, large] of CLASS_HEADERS) {
    const told = headers[name];
    const value = (typeof told === 'string' ? told : told?.[0])?.trim().toLowerCase() ?? '';
    if (small.includes(value)) return `the header ${name} says ${value}`;
    if (large.includes(value)) return undefined;
  }
  return background === undefined ? undefined : (BY_BODY[background] ?? `it is recognised as ${background}`);
}

/** Header, its values for small calls of the agent's own, and those for the work itself. Others say nothing to us. */
const CLASS_HEADERS: readonly (readonly [name: string, small: readonly string[], large: readonly string[]])[] = [
  ['x-claude-code-request-class', ['auxiliary', 'compaction'], ['main', 'subagent', 'workflow', 'side_reply']],
  ['x-openai-subagent', ['compact', 'memory_consolidation'], ['review', 'collab_spawn']],
];

const BY_BODY: Readonly<Record<string, string>> = {
  title: 'it asks for the title of a conversation',
  router: 'it asks which model should do the work',
  'next-speaker': 'it asks who speaks next',
  'loop-check': 'it asks whether the agent goes round in circles',
  'edit-repair': 'it asks to correct an edit that did not fit',
  'side-query': 'its only tool is there to shape the answer',
  compaction: 'it asks to sum the conversation up',
  probe: 'it asks for a single token',
};

/** Characters of the user's last words: above, somebody has described a task rather than named it. */
const LONG_WORDS = 1500;
/** The loop of an agent begins with 15,000 to 20,000 tokens of instructions and tools. */
const MUCH_CONTEXT = 50_000;
/** User and model together; a task that still goes on after fifteen rounds of tools was no small one. */
const MANY_TURNS = 30;

const FEW_WORDS = 400;
const LITTLE_CONTEXT = 4000;
const FEW_TURNS = 6;

/**
 * Hard: thinking was asked for, or two of long words, much context, many turns. Simple: a background call, or without tools, new
 * images and thinking a short question in a short conversation. With tools nothing is simple: "fix it" may be a day's work.
 */
function complexityOf(features: RequestFeatures, fits: RequestClass): Judged<Complexity> {
  const { tokens, tools, newImages, thinking, turns, lastUserCharacters } = features;
  if (fits === 'background') return ['simple', ['a background call is simple']];
  if (thinking) return ['hard', ['hard, since so much thinking is asked for']];
  const signs = [
    ...(lastUserCharacters > LONG_WORDS ? [`the user's last words have ${count(lastUserCharacters)} characters`] : []),
    ...(tokens > MUCH_CONTEXT ? [`there are about ${count(tokens)} tokens to read`] : []),
    ...(turns > MANY_TURNS ? [`it goes on for ${turns} turns`] : []),
  ];
  if (signs.length >= 2) return ['hard', [`hard, since ${signs.join(' and ')}`]];
  const short = lastUserCharacters <= FEW_WORDS && tokens <= LITTLE_CONTEXT && turns <= FEW_TURNS;
  if (short && tools === 0 && newImages === 0) return ['simple', ['simple, since it is a short question without tools']];
  return ['normal', []];
}

function plural(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}

/** With commas. `toLocaleString` takes several microseconds. */
function count(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',');
}
