/**
 * The API that Gatehouse exports to other extensions, version 1.
 *
 *     const extension = vscode.extensions.getExtension<GatehouseExports>('gatehouse.gatehouse');
 *     const gatehouse = (await extension?.activate())?.getApi(1);
 *
 * A whole extension that uses it is in `test/example-extension/`.
 * It never hands out a provider's key.
 */
export interface GatehouseExports {
  /** Throws for a version that this Gatehouse does not have. */
  getApi(version: 1): GatehouseApi;
}

export interface GatehouseApi {
  readonly version: 1;
  /**
   * An endpoint and a local token of the extension's own. The user is asked once; rejects when the answer is no, or when the gateway
   * is not running. What is used with it is booked under `extensionId`.
   */
  connect(extensionId: string): Promise<GatehouseConnection>;
  /**
   * `http://127.0.0.1:PORT`; undefined while the gateway is not running. The same in a workspace from one start to the next while its
   * port is free. In launch configurations and tasks it is `${command:gatehouse.endpoint}`.
   */
  readonly endpoint: string | undefined;
  /** Fires when the gateway starts, stops or moves, with the new `endpoint`. */
  onDidChangeEndpoint(listener: (endpoint: string | undefined) => void): { dispose(): void };
  /** What was used: token counts are disjoint buckets, money is US dollars as a decimal string with nine places. */
  usage(query: {
    readonly by: readonly UsageColumn[];
    readonly since?: Date;
    readonly until?: Date;
  }): Promise<readonly GatehouseUsage[]>;
  /** Fires for each request after it has been settled in the ledger. */
  onDidSettle(listener: (request: GatehouseRequest) => void): { dispose(): void };
}

export interface GatehouseConnection {
  /** `http://127.0.0.1:PORT`, without a path. It changes when the gateway moves: connect again on a refused connection. */
  readonly url: string;
  /** Local token; worthless outside this machine. Accepted as a bearer token, `x-api-key` and `x-goog-api-key`. */
  readonly token: string;
}

export type UsageColumn = 'agent' | 'provider' | 'model' | 'day';

export interface GatehouseUsage {
  readonly group: Readonly<Partial<Record<UsageColumn, string>>>;
  readonly requests: number;
  readonly errors: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  readonly costUsd: string;
  /** Requests to models without a known price: they are not in `costUsd`. */
  readonly unpriced: number;
  readonly estimated: number;
}

export interface GatehouseRequest {
  readonly id: string;
  readonly at: Date;
  readonly agent: string;
  readonly provider: string;
  readonly model: string;
  readonly settled: 'done' | 'error' | 'aborted' | 'truncated' | 'timeout' | 'blocked' | 'crashed';
  readonly status: number;
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
  /** Undefined: the model has no known price. */
  readonly costUsd: string | undefined;
  readonly estimated: boolean;
}
