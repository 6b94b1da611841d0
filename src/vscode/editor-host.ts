import * as vscode from 'vscode';
import type { AgentConfig, Config } from '../core/config/schema.ts';
import type { AuditActor, AuditEvent } from '../core/ledger/audit/audit-event.ts';
import type { SettledRequest } from '../core/ledger/records.ts';
import type { PlaceHealth } from '../core/routing/health/health.ts';
import type { RoutingNews } from '../core/routing/routing-state.ts';
import type { HeldKey, SnapshotSource } from '../core/routing/snapshot.ts';
import type { ModelChoice } from '../host/list-provider-models.ts';
import { EditorAudit } from './audit/editor-audit.ts';
import { defaultAgents, internalAgents } from './default-agents.ts';
import { GatewayProcess, type GatewayState } from './gateway-process.ts';
import { RemovalStore } from './key-import/removal-store.ts';
import { KeyStore, type KeyInfo } from './key-store.ts';
import { referencesOf, targetsOf } from './references.ts';
import { eraseMementos, eraseSecrets, forgetIfPurged } from './purge/erase-state.ts';
import { purgeMarker, type PurgeMarker } from './purge/purge-marker.ts';
import { readNetwork, readSettings, workspaceAgentsFingerprint, workspaceId } from './settings.ts';
import { TokenStore } from './token-store.ts';
import { mayUseWorkspaceAgents } from './workspace-agents.ts';

const PORT = 'gatehouse.port';
const EXTENSIONS = 'gatehouse.allowedExtensions';

/** Everything the user set up, as the editor sees it now. */
export interface EditorState {
  readonly config: Config;
  readonly faults: readonly string[];
  /** Configured and default agents together. */
  readonly agents: Readonly<Record<string, AgentConfig>>;
  readonly keys: readonly KeyInfo[];
  readonly internalAgents: ReadonlySet<string>;
  /** What is known of the configured models, by `provider/model`. */
  readonly models: ReadonlyMap<string, ModelChoice>;
}

/**
 * The editor's side of the gateway: it brings settings, keys and tokens together into snapshots, keeps the worker alive, and tells
 * the rest of the shell what changed. In Restricted Mode nothing is started and no secret is read.
 */
export class EditorHost implements vscode.Disposable {
  readonly keys: KeyStore;
  readonly gateway: GatewayProcess;
  readonly removals: RemovalStore;
  readonly auditLog: EditorAudit;
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  #marker: PurgeMarker | undefined;
  #tokens: TokenStore;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #settled = new vscode.EventEmitter<readonly SettledRequest[]>();
  readonly #news = new vscode.EventEmitter<RoutingNews>();
  readonly #paused = new Set<string>();
  readonly #subscriptions: vscode.Disposable[] = [];
  readonly onChanged = this.#changed.event;
  readonly onSettled = this.#settled.event;
  readonly onNews = this.#news.event;
  #state: EditorState | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  #trouble: string | undefined;
  #toldOfDeath = false;
  /** Everything was erased: nothing runs and nothing is written until somebody starts the gateway. */
  #hushed = false;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
    this.keys = new KeyStore(context.secrets);
    this.removals = new RemovalStore(context.secrets);
    this.#tokens = new TokenStore(context.secrets, workspaceId());
    this.gateway = new GatewayProcess(context.asAbsolutePath('dist/worker.js'), () => this.#startOptions(), {
      stateChanged: (state) => this.#gatewayChanged(state),
      settled: ({ requests, trouble }) => {
        this.#trouble = trouble;
        this.#settled.fire(requests);
      },
      audited: () => this.auditLog.written(),
      news: ({ news }) => this.#hear(news),
      log: ({ level, line }) => log[level](line),
      died: (reason, retryMs) => this.#tellOfDeath(reason, retryMs),
    });
    this.auditLog = new EditorAudit(context.secrets, this.gateway, log);
    this.#subscriptions.push(
      this.auditLog,
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('gatehouse')) void this.refresh();
        if (event.affectsConfiguration('http') && vscode.workspace.isTrusted) void this.gateway.restart();
      }),
      context.secrets.onDidChange(({ key }) => {
        if (this.keys.isKeyChange(key)) void this.refresh();
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => void this.start()),
    );
  }

  get state(): EditorState | undefined {
    return this.#state;
  }

  /** A sentence while the ledger cannot be written; undefined when all is well. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Agents whose requests are refused until somebody resumes them. The gateway keeps them in memory, and it is this window's own. */
  get pausedAgents(): ReadonlySet<string> {
    return this.#paused;
  }

  /** Records what was done. Waits for nothing and never fails: while no gateway runs, it is kept for the next one. */
  audit(event: AuditEvent, actor: AuditActor = 'user'): void {
    this.auditLog.record(event, actor);
  }

  /** Erases the audit log, its key and its anchor. Nothing is recorded until the gateway is started anew. */
  clearAudit(): Promise<void> {
    return this.auditLog.clear();
  }

  async pauseAgent(agent: string): Promise<void> {
    await this.gateway.call('pauseAgent', { agent });
    this.#paused.add(agent);
    this.#changed.fire();
  }

  async resumeAgent(agent: string): Promise<void> {
    await this.gateway.call('resumeAgent', { agent });
    this.#paused.delete(agent);
    this.#changed.fire();
  }

  /** How every place stands of which something is known; nothing while the gateway is not running. */
  keyHealth(): Promise<readonly PlaceHealth[]> {
    return this.gateway.call('keyHealth', undefined).catch(() => []);
  }

  async start(): Promise<void> {
    if (!vscode.workspace.isTrusted) return this.#changed.fire();
    this.#marker ??= purgeMarker(this.#context.globalStorageUri.fsPath, (purge) => void this.#heedPurge(purge));
    await forgetIfPurged(this.#context, this.#marker.current());
    if (!(await this.keys.keeps())) {
      this.#log.warn(
        'SecretStorage does not keep what it is given: keys will be asked for again. On Linux, install a keyring (gnome-keyring or KWallet).',
      );
    }
    await this.gateway.start();
  }

  /** Reads settings and keys again and hands the gateway a new snapshot. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing
      .then(async () => {
        if (!vscode.workspace.isTrusted || this.#hushed) return;
        const source = await this.#readSource();
        if (this.gateway.state.phase === 'running') {
          await this.gateway.call('swap', source);
          await this.#describeModels();
        }
        this.#changed.fire();
      })
      .catch((error: unknown) =>
        this.#log.error(`the configuration was not taken over: ${error instanceof Error ? error.message : ''}`),
      );
    return this.#refreshing;
  }

  /** The token of an agent; an agent that is not known yet is made known first. */
  async tokenOf(agent: string): Promise<string> {
    if (this.#hushed) return '';
    const tokens = await this.#tokens.tokensFor([agent]);
    return tokens[agent] ?? '';
  }

  async allowExtension(id: string): Promise<void> {
    await this.#context.globalState.update(EXTENSIONS, [...new Set([...this.#allowedExtensions(), id])]);
    this.audit({ kind: 'extension-allowed', extension: id });
    await this.refresh();
  }

  isExtensionAllowed(id: string): boolean {
    return this.#allowedExtensions().includes(id);
  }

  /** Tells the other windows that everything is being erased. */
  beginPurge(): string {
    return this.#marker?.set() ?? '';
  }

  /** Stops everything and forgets what is in memory. From here on nothing is written, whatever happens, until the gateway is started. */
  async hush(): Promise<void> {
    this.#hushed = true;
    await this.#refreshing;
    await this.gateway.stop();
    await this.auditLog.forget();
    this.#tokens = new TokenStore(this.#context.secrets, workspaceId());
    this.#state = undefined;
    this.#trouble = undefined;
    this.#changed.fire();
  }

  /** Another window erases everything: this one lets go, and erases its own copies of what they share. */
  async #heedPurge(purge: string): Promise<void> {
    await this.hush();
    await eraseSecrets(this.#context.secrets);
    await eraseMementos(this.#context, purge);
    void vscode.window
      .showInformationMessage('Everything of Gatehouse was erased from another window.', 'Start Afresh')
      .then((choice) => choice && this.gateway.restart());
  }

  async stop(): Promise<void> {
    await this.auditLog.settle();
    await this.gateway.stop();
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
    this.#marker?.dispose();
    this.#changed.dispose();
    this.#settled.dispose();
    this.#news.dispose();
    void this.gateway.stop();
  }

  #allowedExtensions(): readonly string[] {
    return this.#context.globalState.get<string[]>(EXTENSIONS) ?? [];
  }

  async #startOptions() {
    this.#hushed = false;
    await vscode.workspace.fs.createDirectory(this.#context.globalStorageUri);
    return {
      source: await this.#readSource(),
      network: readNetwork(),
      dataDir: this.#context.globalStorageUri.fsPath,
      port: this.#context.workspaceState.get<number>(PORT) ?? 0,
      workspace: vscode.workspace.name ?? 'no folder',
      audit: await this.auditLog.options(this.#context.globalStorageUri.fsPath),
    };
  }

  async #readSource(): Promise<SnapshotSource> {
    const fingerprint = workspaceAgentsFingerprint();
    const withWorkspace =
      fingerprint === undefined ||
      (await mayUseWorkspaceAgents(
        this.#context.workspaceState,
        fingerprint,
        (event) => this.audit(event),
        () => this.refresh(),
      ));
    const { config, faults } = readSettings(this.#state?.config, withWorkspace);
    if (faults.length > 0 && faults.join() !== this.#state?.faults.join()) this.#showFaults(faults);
    const keys = await this.keys.list();
    const held: HeldKey[] = [];
    for (const { id, provider, origins } of keys) {
      const secret = await this.keys.secret(id);
      if (secret !== undefined) held.push({ id, provider, origins, secret });
    }
    const extensions = this.#allowedExtensions();
    const extraAgents = defaultAgents(config, new Set(held.map((key) => key.provider)), extensions);
    const agents = { ...extraAgents, ...config.agents };
    this.#state = {
      config,
      faults,
      agents,
      internalAgents: internalAgents(config, extensions),
      keys,
      models: this.#state?.models ?? new Map(),
    };
    return { config, keys: held, extraAgents, tokens: await this.#tokens.tokensFor(Object.keys(agents)) };
  }

  async #describeModels(): Promise<void> {
    if (this.#state === undefined) return;
    const { config, agents } = this.#state;
    const configured = Object.entries(config.providers).flatMap(([id, provider]) =>
      (provider.models ?? []).map((model) => `${id}/${model}`),
    );
    const named = [...Object.keys(config.models), ...Object.values(agents).flatMap(referencesOf)];
    const references = new Set([...configured, ...named.flatMap((reference) => targetsOf(config, reference))]);
    const described = await this.gateway.call('describeModels', [...references]);
    this.#state = { ...this.#state, models: new Map(described.map((model) => [model.reference, model])) };
  }

  #hear(news: RoutingNews): void {
    if (news.kind === 'burst' && news.paused) {
      this.#paused.add(news.burst.agent);
      this.#changed.fire();
    }
    this.#news.fire(news);
  }

  #gatewayChanged(state: GatewayState): void {
    if (state.phase !== 'running') this.#paused.clear();
    this.#log.info(state.phase === 'running' ? `the gateway listens at ${state.url}` : `the gateway is ${state.phase}`);
    this.#changed.fire();
    if (state.phase !== 'running') return;
    this.auditLog.deliver();
    void this.#context.workspaceState.update(PORT, state.port);
    void this.#describeModels().then(
      () => this.#changed.fire(),
      () => {},
    );
  }

  #tellOfDeath(reason: string, retryMs: number): void {
    this.#log.error(`the gateway stopped: ${reason}; it is started again in ${retryMs} ms`);
    if (this.#toldOfDeath) return;
    this.#toldOfDeath = true;
    void vscode.window
      .showWarningMessage('The Gatehouse gateway stopped and is being restarted. Running requests were cut.', 'Show Log')
      .then((choice) => {
        if (choice) this.#log.show();
      });
  }

  #showFaults(faults: readonly string[]): void {
    for (const fault of faults) this.#log.error(fault);
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : '';
    void vscode.window
      .showErrorMessage(`Gatehouse keeps its last good settings: ${faults[0]}${more}`, 'Open Settings')
      .then((choice) => {
        if (choice) void vscode.commands.executeCommand('workbench.action.openSettings', 'gatehouse');
      });
  }
}
