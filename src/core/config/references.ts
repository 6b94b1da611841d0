import { didYouMean } from './did-you-mean.ts';
import { AGENT_KINDS, PROVIDER_KINDS } from './kinds.ts';
import type { AgentConfig, Config } from './schema.ts';

type Report = (path: string, message: string) => void;

/** What a shape cannot say: names that point at each other. */
export function checkReferences(config: Config, report: Report): void {
  checkAliases(config, report);
  for (const [id, agent] of Object.entries(config.agents)) checkAgent(config, `agents.${id}`, agent, report);
  checkKeys(config, report);
  checkBudgets(config, report);
}

/** Agents are not looked up: many need no setting, and a budget for one that comes later is no fault. */
function checkBudgets(config: Config, report: Report): void {
  for (const [at, { scope, then }] of config.budgets.entries()) {
    if (scope.provider !== undefined) checkProvider(config, `budgets.${at}.scope.provider`, scope.provider, report);
    if (typeof then === 'object') checkReference(config, `budgets.${at}.then.downgrade`, then.downgrade, report);
  }
}

function checkAliases(config: Config, report: Report): void {
  for (const [name, alias] of Object.entries(config.models)) {
    if (typeof alias === 'string') {
      checkReference(config, `models.${name}`, alias, report);
      continue;
    }
    const seen = new Set<string>();
    for (const [at, entry] of alias.of.entries()) {
      const path = typeof entry === 'string' ? `models.${name}.of.${at}` : `models.${name}.of.${at}.model`;
      const model = typeof entry === 'string' ? entry : entry.model;
      checkReference(config, path, model, report);
      if (seen.has(model)) report(path, 'is there twice; give it more weight instead');
      seen.add(model);
    }
  }
}

function checkAgent(config: Config, path: string, agent: AgentConfig, report: Report): void {
  if (agent.model !== undefined) checkReference(config, `${path}.model`, agent.model, report);
  if (agent.provider !== undefined) checkProvider(config, `${path}.provider`, agent.provider, report);
  for (const [at, { to }] of (agent.routes ?? []).entries()) checkReference(config, `${path}.routes.${at}.to`, to, report);
  for (const [at, fallback] of (agent.fallbacks ?? []).entries()) {
    const place = `${path}.fallbacks.${at}`;
    if (typeof fallback === 'string') checkReference(config, place, fallback, report);
    else checkReference(config, `${place}.to`, fallback.to, report);
  }
  for (const [at, pattern] of (agent.allow ?? []).entries()) checkAllowed(config, `${path}.allow.${at}`, pattern, report);
}

function checkKeys(config: Config, report: Report): void {
  const seen = new Set<string>();
  for (const [at, key] of config.keys.entries()) {
    checkProvider(config, `keys.${at}.provider`, key.provider, report);
    if (seen.has(key.id)) report(`keys.${at}.id`, `"${key.id}" is used twice`);
    seen.add(key.id);
    if (key.env !== undefined && key.command !== undefined) report(`keys.${at}.command`, 'and env exclude each other; keep one');
    for (const agent of key.agents ?? []) {
      if (Object.hasOwn(config.agents, agent)) continue;
      const known = [...Object.keys(config.agents), ...AGENT_KINDS];
      report(`keys.${at}.agents`, `unknown agent "${agent}"${didYouMean(agent, known)}`);
    }
  }
}

function checkReference(config: Config, path: string, text: string, report: Report): void {
  const slash = text.indexOf('/');
  if (slash >= 0) return checkProvider(config, path, text.slice(0, slash), report);
  if (Object.hasOwn(config.models, text)) return;
  if (Object.hasOwn(config.providers, text)) {
    return report(path, `"${text}" is a provider; name one of its models as well: "${text}/<model>"`);
  }
  // What was given is not repeated: without a slash, it may be a key in the wrong place.
  const hint = didYouMean(text, Object.keys(config.models));
  report(path, hint === '' ? 'is neither "provider/model" nor an alias in "models"' : `unknown alias${hint}`);
}

/** A pattern that can never match shuts an agent out, and nobody sees why. */
function checkAllowed(config: Config, path: string, pattern: string, report: Report): void {
  const slash = pattern.indexOf('/');
  const star = pattern.indexOf('*');
  if (slash < 0 && star < 0) report(path, 'must be a pattern over "provider/model"; an alias is judged by where it leads');
  else if (slash >= 0 && (star < 0 || star > slash)) checkProvider(config, path, pattern.slice(0, slash), report);
}

function checkProvider(config: Config, path: string, id: string, report: Report): void {
  const { providers } = config;
  if (Object.hasOwn(providers, id)) return;
  const hint =
    didYouMean(id, Object.keys(providers)) ||
    ((PROVIDER_KINDS as readonly string[]).includes(id) ? `; add it: "providers": { "${id}": { "kind": "${id}" } }` : '');
  report(path, `unknown provider${mayBeKey(id) ? '' : ` "${id}"`}${hint}`);
}

/** Providers' keys are long, or begin with what their vendor is known by. */
function mayBeKey(text: string): boolean {
  return text.length > 40 || /^(sk|pk|gsk|xai|key|csk|nvapi|hf)[-_]|^AIza/i.test(text);
}
