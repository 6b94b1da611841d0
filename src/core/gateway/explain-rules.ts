import type { Condition, Rule } from '../routing/rules/compile-rules.ts';
import { explainRules } from '../routing/rules/explain-rules.ts';
import { holds, type RuleRequest } from '../routing/rules/match-rule.ts';
import type { ExplainedRule } from './explain-route.ts';

/** Says no, whatever is asked. */
const NEVER: Condition = { kind: 'model', globs: [] };

/** The same rules where there is no body: what only a body can tell holds for none of them. */
export function rulesWithoutBody(rules: readonly Rule[]): readonly Rule[] {
  return rules.map((rule) => ({
    ...rule,
    conditions: rule.conditions.map((condition) => (readsBody(condition) ? NEVER : condition)),
  }));
}

/** `judged`: the rules themselves, or what `rulesWithoutBody` made of them. */
export function explainedRules(rules: readonly Rule[], judged: readonly Rule[], request: RuleRequest): readonly ExplainedRule[] {
  return explainRules(judged, request).map(({ index, name, matched, tried, why }) => {
    const { conditions = [], to = '' } = rules[index] ?? {};
    const unknown = conditions.map((condition, at) => judged[index]?.conditions[at] !== condition);
    return {
      number: index + 1,
      ...(name === undefined ? {} : { name }),
      matched,
      tried,
      needsBody: unknown.includes(true) && conditions.every((condition, at) => unknown[at] === true || holds(condition, request)),
      why: why.map((words, at) => (unknown[at] === true ? `${wanted(conditions[at])}: only a request can tell` : words)),
      to,
    };
  });
}

function readsBody({ kind }: Condition): boolean {
  switch (kind) {
    case 'model':
    case 'session':
    case 'header':
      return false;
    case 'tokens-over':
    case 'tokens-under':
    case 'tools':
    case 'images':
    case 'thinking':
    case 'webSearch':
    case 'class':
    case 'complexity':
      return true;
    default:
      return kind satisfies never;
  }
}

function wanted(condition: Condition | undefined): string {
  switch (condition?.kind) {
    case 'tokens-over':
      return `more than ${condition.tokens} tokens`;
    case 'tokens-under':
      return `fewer than ${condition.tokens} tokens`;
    case 'class':
      return `class ${condition.classes.join(' or ')}`;
    case 'complexity':
      return `complexity ${condition.complexities.join(' or ')}`;
    case 'tools':
    case 'images':
    case 'thinking':
    case 'webSearch':
      return `${condition.wanted ? '' : 'no '}${condition.kind === 'webSearch' ? 'web search' : condition.kind}`;
    case 'model':
    case 'session':
    case 'header':
    case undefined:
      return '';
    default:
      return condition satisfies never;
  }
}
