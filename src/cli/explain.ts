import { readFileSync } from 'node:fs';
import path from 'node:path';
import { faultLine, oneLine } from '../core/config/parse.ts';
import type { Config } from '../core/config/schema.ts';
import { explainRoute, type ExplainDeps, type RouteQuestion } from '../core/gateway/explain-route.ts';
import { DIALECT_IDS, type DialectId } from '../core/ir/dialect.ts';
import { isGatewayError } from '../core/ir/error.ts';
import { createPriceBook } from '../core/ledger/price-book.ts';
import type { Log } from '../core/ports.ts';
import { Health } from '../core/routing/health/health-book.ts';
import { newRoutingState } from '../core/routing/routing-state.ts';
import { buildSnapshot } from '../core/routing/snapshot.ts';
import { HEALTH_FILE, readHealth } from '../host/health-file.ts';
import { readKept } from '../host/kept-prices.ts';
import { pricesOf } from '../host/prices-of.ts';
import { logTo, systemClock, systemTimers } from '../host/system-ports.ts';
import { explanationText } from './explanation-text.ts';
import { assumedKeys } from './key-sources.ts';
import { readConfig } from './read-config.ts';
import { UsageError } from './usage-error.ts';

interface ExplainOptions {
  readonly config?: string | undefined;
  readonly agent?: string | undefined;
  readonly model?: string | undefined;
  readonly request?: string | undefined;
  readonly dialect?: string | undefined;
  readonly session?: string | undefined;
  /** `name: value` */
  readonly header: readonly string[];
  readonly data?: string | undefined;
  readonly json: boolean;
  readonly text: boolean;
}

/**
 * Where a gateway that starts now with this configuration would send a request. Of another one that is running it knows what that has
 * kept in `--data`: dead keys and long cooldowns, not who is running, paused or waiting.
 */
export function explain(options: ExplainOptions): number {
  if (options.config === undefined) throw new UsageError('explain needs --config FILE');
  const question = questionFrom(options);
  const parsed = readConfig(options.config);
  if (parsed.faults !== undefined) {
    for (const fault of parsed.faults) process.stderr.write(`${faultLine(fault)}\n`);
    return 2;
  }
  const log = logTo((level, line) => process.stderr.write(`${level} ${line}\n`));
  const explanation = explainRoute(depsFor(parsed.config, options.data, log), question);
  if (isGatewayError(explanation)) {
    process.stderr.write(`${oneLine(explanation.message)}\n`);
    return 2;
  }
  process.stdout.write(options.text ? explanationText(explanation) : `${JSON.stringify(explanation)}\n`);
  return 0;
}

function questionFrom({ agent, model, request, dialect, session, header, json, text }: ExplainOptions): RouteQuestion {
  if (agent === undefined) throw new UsageError('explain needs --agent A');
  if (model === undefined && request === undefined)
    throw new UsageError('explain needs --model M, or --request FILE with one in it');
  if (json && text) throw new UsageError('--json and --text exclude each other');
  const spoken = dialect === undefined ? undefined : dialectOf(dialect);
  return {
    agent,
    model: model ?? '',
    ...(spoken === undefined ? {} : { dialect: spoken }),
    ...(session === undefined ? {} : { session }),
    headers: Object.fromEntries(header.map(headerOf)),
    ...(request === undefined ? {} : { body: bodyIn(request) }),
  };
}

function dialectOf(name: string): DialectId {
  const known = DIALECT_IDS.find((id) => id === name);
  if (known === undefined) throw new UsageError(`--dialect knows ${DIALECT_IDS.join(', ')}; not "${name}"`);
  return known;
}

function headerOf(text: string): readonly [name: string, value: string] {
  const colon = text.indexOf(':');
  // What was given is not repeated: it may hold a credential.
  if (colon < 1) throw new UsageError('--header must be "name: value"');
  return [text.slice(0, colon).trim().toLowerCase(), text.slice(colon + 1).trim()];
}

function bodyIn(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch {
    throw new UsageError(`the request file ${JSON.stringify(file)} cannot be read`);
  }
}

function depsFor(config: Config, data: string | undefined, log: Log): ExplainDeps {
  const snapshot = buildSnapshot({ config, keys: assumedKeys(config, log), tokens: {} });
  const health = new Health(systemClock, () => undefined);
  if (data !== undefined) readHealth(path.join(data, HEALTH_FILE), health, systemClock);
  const book = createPriceBook();
  if (data !== undefined) book.use(readKept(data).added);
  const price = pricesOf(book);
  return {
    snapshot: () => snapshot,
    routing: newRoutingState(systemClock, systemTimers, health),
    price: ({ provider, model }, usage, at, agent, tier) =>
      price(snapshot, { provider: provider.id, model, agent, tier }, usage, at),
    clock: systemClock,
  };
}
