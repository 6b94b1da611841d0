import * as l10n from '@vscode/l10n';
import type { GatehouseApi, GatehouseExports, GatehouseRequest, GatehouseUsage, UsageColumn } from '../../gatehouse.d.ts';
import { usdString } from '../core/ledger/money.ts';
import type { SettledRequest, UsageRow } from '../core/ledger/records.ts';
import type { EditorHost } from './editor-host.ts';
import type { GatewayView } from './gateway-view.ts';

const COLUMNS: readonly UsageColumn[] = ['agent', 'provider', 'model', 'day'];

/** What `activate()` returns. Frozen: one extension cannot change what another one gets. */
export function exportedApi(host: EditorHost, view: GatewayView): GatehouseExports {
  const api: GatehouseApi = Object.freeze({
    version: 1,
    async connect(extensionId: string) {
      if (typeof extensionId !== 'string' || !extensionId.includes('.'))
        throw new Error('connect needs the id of the calling extension');
      if (!(await view.consent(extensionId)))
        throw new Error(l10n.t('The user did not allow "{0}" to use models through Gatehouse.', extensionId));
      const { endpoint, token } = await view.connect(extensionId.toLowerCase());
      return Object.freeze({ url: endpoint, token });
    },
    get endpoint() {
      return endpointOf(host);
    },
    onDidChangeEndpoint(listener: (endpoint: string | undefined) => void) {
      let told = endpointOf(host);
      return host.onChanged(() => {
        const endpoint = endpointOf(host);
        if (endpoint === told) return;
        told = endpoint;
        listener(endpoint);
      });
    },
    async usage({ by, since, until }: Parameters<GatehouseApi['usage']>[0]) {
      const columns = COLUMNS.filter((column) => by.includes(column));
      const rows = await host.gateway.call('usage', {
        by: columns,
        ...(since !== undefined && { since: since.getTime() }),
        ...(until !== undefined && { until: until.getTime() }),
      });
      return rows.map(publicUsage);
    },
    onDidSettle: (listener: (request: GatehouseRequest) => void) =>
      host.onSettled((requests) => {
        for (const request of requests) listener(publicRequest(request));
      }),
  });
  return Object.freeze({
    getApi(version: 1) {
      if (version !== 1) throw new Error(`Gatehouse has API version 1, not ${String(version)}`);
      return api;
    },
  });
}

function endpointOf({ gateway: { state } }: EditorHost): string | undefined {
  return state.phase === 'running' ? state.url : undefined;
}

function publicUsage(row: UsageRow): GatehouseUsage {
  const { requests, errors, input, cacheRead, output, unpriced, estimated } = row;
  const cacheWrite = row.cacheWrite5m + row.cacheWrite1h;
  return {
    group: row.group,
    requests,
    errors,
    input,
    cacheRead,
    cacheWrite,
    output,
    costUsd: usdString(row.costNano),
    unpriced,
    estimated,
  };
}

function publicRequest(request: SettledRequest): GatehouseRequest {
  const { id, agent, provider, model, settled, status, usage, estimated } = request;
  return {
    id,
    at: new Date(request.at),
    agent,
    provider,
    model,
    settled,
    status,
    input: usage.input,
    cacheRead: usage.cacheRead,
    cacheWrite: usage.cacheWrite5m + usage.cacheWrite1h,
    output: usage.output,
    costUsd: request.costNano === undefined ? undefined : usdString(request.costNano),
    estimated,
  };
}
