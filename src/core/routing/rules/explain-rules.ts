import type { Condition, Rule } from './compile-rules.ts';
import type { CompiledGlob } from './compiled-glob.ts';
import { holds, matches, matchRules, valuesOf, type Presence, type RuleRequest } from './match-rule.ts';
import type { RequestFeatures } from './request-features.ts';

export interface RuleExplanation {
  readonly index: number;
  readonly name: string | undefined;
  /** All its conditions hold. */
  readonly matched: boolean;
  /** No rule before it matched. The rule that counts is the one that was tried and matched. */
  readonly tried: boolean;
  /** Each condition in words, in the order in which they are judged. */
  readonly why: readonly string[];
}

/** Every rule, also those after the one that counts: what would match is worth knowing when the order is to be changed. */
export function explainRules(rules: readonly Rule[], request: RuleRequest): readonly RuleExplanation[] {
  const first = matchRules(rules, request);
  return rules.map((rule, index) => ({
    index,
    name: rule.name,
    matched: matches(rule, request),
    tried: first === undefined || index <= first,
    why: rule.conditions.length === 0 ? ['always matches'] : rule.conditions.map((condition) => inWords(condition, request)),
  }));
}

/** A header's value is never repeated: what a program puts there may be a secret of its user. */
function inWords(condition: Condition, request: RuleRequest): string {
  const held = holds(condition, request);
  switch (condition.kind) {
    case 'model':
      return named('model', request.model || undefined, condition.globs, held);
    case 'session':
      return named('session', request.session, condition.globs, held);
    case 'header':
      return valuesOf(condition.name, request).length === 0
        ? `header ${condition.name} is not there`
        : `header ${condition.name} ${held ? 'fits' : 'does not fit'} ${patterns(condition.globs)}`;
    case 'tools':
    case 'images':
    case 'thinking':
    case 'webSearch':
      return `${presence(condition.kind, request.features())}${held ? '' : `, ${condition.wanted ? 'but should be' : 'but should not be'}`}`;
    case 'tokens-over':
    case 'tokens-under': {
      const side = condition.kind === 'tokens-over' ? 'over' : 'under';
      return `about ${counted(request.features().tokens)} tokens, ${held ? '' : 'not '}${side} ${counted(condition.tokens)}`;
    }
    case 'class':
      return `class is ${request.classified().class}${held ? '' : `, not ${condition.classes.join(' or ')}`}`;
    case 'complexity':
      return `complexity is ${request.classified().complexity}${held ? '' : `, not ${condition.complexities.join(' or ')}`}`;
    default:
      return condition satisfies never;
  }
}

function named(what: string, given: string | undefined, globs: readonly CompiledGlob[], held: boolean): string {
  const is = given === undefined ? `no ${what} is named` : `${what} is "${given}"`;
  return `${is}, ${held ? 'which fits' : 'not'} ${patterns(globs)}`;
}

function patterns(globs: readonly CompiledGlob[]): string {
  return globs.map(({ pattern }) => `"${pattern}"`).join(' or ');
}

/** Ends so that "but should be" and "but should not be" can follow. */
function presence(kind: Presence, { tools, images, thinking, webSearch }: RequestFeatures): string {
  switch (kind) {
    case 'tools':
      return tools === 1 ? '1 tool is offered' : `${tools === 0 ? 'no' : counted(tools)} tools are offered`;
    case 'images':
      return images === 1 ? '1 image is there' : `${images === 0 ? 'no' : counted(images)} images are there`;
    case 'thinking':
      return `thinking is ${thinking ? '' : 'not '}asked for`;
    case 'webSearch':
      return `searching the web is ${webSearch ? '' : 'not '}offered`;
    default:
      return kind satisfies never;
  }
}

/** `150,000`, whatever the language of the machine. */
function counted(count: number): string {
  return count.toLocaleString('en-US');
}
