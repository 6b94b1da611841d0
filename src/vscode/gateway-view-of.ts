import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import type { DialectId } from '../core/ir/dialect.ts';
import { resolveProvider } from '../core/providers/provider.ts';
import type { ModelChoice } from '../host/list-provider-models.ts';
import type { SettledRequest } from '../core/ledger/records.ts';
import type { EditorHost, EditorState } from './editor-host.ts';
import type { AgentCost, GatewayView, ModelView, TargetView } from './gateway-view.ts';
import { startOfToday } from './local-day.ts';
import { takesImages, takesTools } from './model-provider/capabilities.ts';
import { referenceOf, targetsOf } from './references.ts';
import { explanationDocument } from './routing/explanation-document.ts';
import { routeDocument } from './routing/route-document.ts';
import { editorSetting } from './settings.ts';

/** In which dialect a provider is asked that speaks several: the one that says most comes first. */
const PREFERRED: readonly DialectId[] = ['anthropic-messages', 'gemini', 'openai-responses', 'openai-chat'];
/** A row is written right after the last byte of an answer; nobody should wait longer for it than this. */
const SETTLE_WAIT_MS = 2000;
const REMEMBERED = 200;
/** So many rows are looked through for a request that was settled before this window was opened. */
const LATEST = 500;

/** The gateway as chat and the model provider see it. */
export function gatewayViewOf(
  host: EditorHost,
  consent: (extensionId: string) => Promise<boolean>,
): GatewayView & vscode.Disposable & { leave(): void } {
  const leaving = new AbortController();
  const settled = new Map<string, SettledRequest>();
  const waiting = new Map<string, (request: SettledRequest) => void>();
  const subscription = host.onSettled((requests) => {
    for (const request of requests) {
      settled.set(request.id, request);
      waiting.get(request.id)?.(request);
    }
    for (const id of [...settled.keys()].slice(0, Math.max(0, settled.size - REMEMBERED))) settled.delete(id);
  });

  const labelOf = (key: string): string => host.state?.keys.find(({ id }) => id === key)?.label ?? key;

  return {
    leaving: leaving.signal,
    leave: () => leaving.abort(),
    dispose: () => {
      leaving.abort();
      subscription.dispose();
    },
    state: () => (host.gateway.state.phase === 'running' ? 'on' : 'off'),
    agents() {
      const { state } = host;
      if (state === undefined) return [];
      return Object.entries(state.agents)
        .filter(([id]) => !state.internalAgents.has(id))
        .map(([id, agent]) => {
          const reference = referenceOf(agent);
          const target = reference === undefined ? undefined : targetOf(state, reference);
          return { id, target, paused: host.pausedAgents.has(id) };
        });
    },
    models() {
      const { state } = host;
      if (state === undefined) return [];
      return [...Object.keys(state.config.models), ...state.models.keys()].flatMap((reference): ModelView[] => {
        const target = targetOf(state, reference);
        return target === undefined ? [] : [{ ...target, id: reference }];
      });
    },
    target: (reference) => (host.state === undefined ? undefined : targetOf(host.state, reference)),
    async offered() {
      const { state } = host;
      if (state === undefined) return [];
      const providers = Object.keys(state.config.providers).filter((id) => hasKey(state, id));
      const lists = await Promise.all(
        providers.map((provider) => host.gateway.call('listModels', { provider }).catch((): ModelChoice[] => [])),
      );
      const listed = new Map(lists.flat().map((model) => [model.reference, model]));
      const models = new Map([...listed, ...state.models]);
      return [...new Set([...Object.keys(state.config.models), ...state.models.keys(), ...listed.keys()])].flatMap((reference) => {
        const target = targetOf({ ...state, models }, reference);
        return target === undefined ? [] : [{ ...target, id: reference }];
      });
    },
    async explain(question) {
      const answer = await host.gateway.call('explain', question);
      if ('error' in answer) throw new Error(answer.error);
      return explanationDocument(answer, labelOf);
    },
    async trace(requestId) {
      const row =
        settled.get(requestId) ?? (await host.gateway.call('requests', { limit: LATEST })).find(({ id }) => id === requestId);
      return row && routeDocument(row, labelOf, Date.now());
    },
    async connect(agentId) {
      const gateway = host.gateway.state;
      if (gateway.phase !== 'running')
        throw new Error(l10n.t('The Gatehouse gateway is not running. "Gatehouse: Show Log" says why.'));
      return { endpoint: gateway.url, token: await host.tokens.of(agentId) };
    },
    settled(requestId) {
      const known = settled.get(requestId);
      if (known !== undefined) return Promise.resolve(known);
      const { promise, resolve } = Promise.withResolvers<SettledRequest | undefined>();
      const timer = setTimeout(() => resolve(undefined), SETTLE_WAIT_MS);
      waiting.set(requestId, resolve);
      return promise.finally(() => {
        clearTimeout(timer);
        waiting.delete(requestId);
      });
    },
    async costToday() {
      const rows = await host.gateway.call('usage', { by: ['agent'], since: startOfToday() });
      return rows
        .map((row): AgentCost => ({
          agent: row.group.agent ?? '',
          requests: row.requests,
          inputTokens: row.input + row.cacheRead + row.cacheWrite5m + row.cacheWrite1h,
          outputTokens: row.output,
          costNano: row.costNano,
          unpriced: row.unpriced,
        }))
        .sort((a, b) => b.costNano - a.costNano);
    },
    onChange: (listener) => host.onChanged(listener),
    consent,
    allowsUnnamedCallers: () => editorSetting('modelProvider.allowUnnamedCallers', true),
  };
}

/** Where a `provider/model` or an alias leads; undefined when its provider is not configured. Of an alias, the first model. */
function targetOf(state: Pick<EditorState, 'config' | 'models' | 'keys'>, reference: string): TargetView | undefined {
  const targets = targetsOf(state.config, reference);
  const [first = ''] = targets;
  const slash = first.indexOf('/');
  const id = first.slice(0, slash);
  const config = state.config.providers[id];
  if (config === undefined) return undefined;
  const provider = resolveProvider(id, config);
  const known = state.models.get(first);
  return {
    provider: id,
    model: first.slice(slash + 1),
    ...(first !== reference && { alias: reference }),
    dialect: PREFERRED.find((dialect) => provider.endpoints.has(dialect)) ?? 'openai-chat',
    quirks: provider.quirks,
    // Any of them can stand for the others.
    hasKey: targets.some((target) => hasKey(state, target.slice(0, target.indexOf('/')))),
    contextTokens: known?.contextTokens,
    outputTokens: known?.outputTokens,
    price: known && priceText(known),
    ...(takesImages(first) ? {} : { imageInput: false }),
    ...(takesTools(first) ? {} : { toolCalling: false }),
  };
}

function hasKey({ config, keys }: Pick<EditorState, 'config' | 'keys'>, id: string): boolean {
  const provider = config.providers[id];
  if (provider === undefined) return false;
  return !resolveProvider(id, provider).needsKey || keys.some((key) => key.provider === id && key.disabled !== true);
}

/** `$3 in, $15 out per million tokens` */
function priceText({ inputUsd, outputUsd }: ModelChoice): string | undefined {
  if (inputUsd === undefined || outputUsd === undefined) return undefined;
  return inputUsd === 0 && outputUsd === 0 ? l10n.t('free') : l10n.t('${0} in, ${1} out per million tokens', inputUsd, outputUsd);
}
