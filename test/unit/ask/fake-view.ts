import type { SettledRequest } from '../../../src/core/ledger/records.ts';
import { NO_USAGE } from '../../../src/core/ir/usage.ts';
import type { AgentView, GatewayView, TargetView } from '../../../src/vscode/gateway-view.ts';

export const TARGET: TargetView = {
  provider: 'fake',
  model: 'fake-large',
  dialect: 'openai-chat',
  hasKey: true,
  contextTokens: 100_000,
  outputTokens: 4_000,
  price: '$3 in, $15 out per million tokens',
};

export function settledRow(change: Partial<SettledRequest> = {}): SettledRequest {
  return {
    id: 'req-1',
    at: 0,
    workspace: 'w',
    agent: 'chat',
    session: undefined,
    operation: 'generate',
    dialect: 'openai-chat',
    requestedModel: 'agent/chat',
    provider: 'fake',
    model: 'fake-large',
    key: undefined,
    mode: 'relay',
    stream: true,
    bytesIn: 1,
    settled: 'done',
    status: 200,
    attempts: 1,
    firstByteMs: 1,
    totalMs: 2,
    bytesOut: 3,
    tier: undefined,
    error: undefined,
    usage: { ...NO_USAGE, input: 1_200, cacheRead: 300, output: 56, source: 'reported' },
    costNano: 12_345_678,
    estimated: false,
    ...change,
  };
}

/** A view with fixed answers; tests replace what they are about. */
export function fakeView(
  change: Partial<GatewayView> = {},
  agents: readonly AgentView[] = [{ id: 'chat', target: TARGET }],
): GatewayView {
  return {
    state: () => 'on',
    agents: () => agents,
    models: () => [],
    target: (reference) => (reference.startsWith('fake/') ? { ...TARGET, model: reference.slice(5) } : undefined),
    offered: () => Promise.resolve([]),
    explain: () => Promise.reject(new Error('not in this test')),
    trace: () => Promise.resolve(undefined),
    leaving: new AbortController().signal,
    connect: () => Promise.reject(new Error('not in this test')),
    settled: () => Promise.resolve(undefined),
    costToday: () => Promise.resolve([]),
    onChange: () => ({ dispose: () => undefined }),
    consent: () => Promise.resolve(true),
    allowsUnnamedCallers: () => true,
    ...change,
  };
}
