import type { RouteConfig } from '../../../../src/core/config/schema-routing.ts';
import { compileRules, type Rule } from '../../../../src/core/routing/rules/compile-rules.ts';
import type { RuleRequest } from '../../../../src/core/routing/rules/match-rule.ts';
import type { Complexity, RequestClass, RequestFeatures } from '../../../../src/core/routing/rules/request-features.ts';

const NOTHING: RequestFeatures = {
  tokens: 0,
  tools: 0,
  webSearch: false,
  onlyWebSearch: false,
  images: 0,
  newImages: 0,
  thinking: false,
  turns: 1,
  jsonAnswer: false,
  lastUserCharacters: 0,
  outputLimit: undefined,
  background: undefined,
};

export interface AskedOf {
  readonly model?: string;
  readonly session?: string | undefined;
  readonly headers?: RuleRequest['headers'];
  readonly features?: Partial<RequestFeatures>;
  readonly class?: RequestClass;
  readonly complexity?: Complexity;
}

/** A request that remembers how often its body was looked at. */
export interface Watched extends RuleRequest {
  readonly read: { features: number; classified: number };
}

export function asking(about: AskedOf = {}): Watched {
  const read = { features: 0, classified: 0 };
  return {
    model: about.model ?? 'm',
    session: about.session,
    headers: about.headers ?? {},
    features: () => (read.features++, { ...NOTHING, ...about.features }),
    classified: () => (read.classified++, { class: about.class ?? 'plain', complexity: about.complexity ?? 'normal', reasons: [] }),
    read,
  };
}

export function rulesOf(...whens: RouteConfig['when'][]): readonly Rule[] {
  return compileRules(whens.map((when) => ({ when, to: 'openai/x' })));
}
