import type { Dialect } from '../dialects/dialect.ts';
import type { RequestFeatures } from '../ir/features.ts';
import { classify, type Classified } from '../routing/rules/classify.ts';
import type { RuleRequest } from '../routing/rules/match-rule.ts';
import type { Exchange } from './exchange.ts';

/** A request as rules see it. What has to be read from the body is read once, and only if somebody asks. */
export class RequestView implements RuleRequest {
  readonly model: string;
  readonly session: string | undefined;
  readonly headers: Exchange['headers'];
  readonly #dialect: Dialect;
  readonly #raw: Uint8Array;
  #features: RequestFeatures | undefined;
  #classified: Classified | undefined;

  constructor(dialect: Dialect, raw: Uint8Array, model: string, session: string | undefined, headers: Exchange['headers']) {
    this.#dialect = dialect;
    this.#raw = raw;
    this.model = model;
    this.session = session;
    this.headers = headers;
  }

  features(): RequestFeatures {
    return (this.#features ??= this.#dialect.readFeatures(this.#raw));
  }

  classified(): Classified {
    return (this.#classified ??= classify(this.features(), this.headers));
  }

  /** Where a rule asked for it; nobody else shall pay for it. */
  get knownClass(): string | undefined {
    return this.#classified?.class;
  }
}
