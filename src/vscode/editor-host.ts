import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { AgentConfig, Config } from '../core/config/schema.ts';
import type { AuditActor, AuditEvent } from '../core/ledger/audit/audit-event.ts';
import type { SettledRequest } from '../core/ledger/records.ts';
import type { PlaceHealth } from '../core/routing/health/health.ts';
import { agentPausedBy, type RoutingNews } from '../core/routing/routing-state.ts';
import type { SnapshotSource } from '../core/routing/snapshot.ts';
import type { ModelChoice } from '../host/list-provider-models.ts';
import { AgentTokens } from './agent-tokens.ts';
import { AllowedExtensions } from './allowed-extensions.ts';
import { EditorAudit } from './audit/editor-audit.ts';
import { defaultAgents, internalAgents } from './default-agents.ts';
import { GatewayProcess, type ActivityEvent, type GatewayState } from './gateway-process.ts';
import { deathNotice, showFaults } from './host-notices.ts';
import { RemovalStore } from './key-import/removal-store.ts';
import type { KeyInfo } from './keys/key-info.ts';
import { KeyJournal } from './keys/key-journal.ts';
import { KeyLife } from './keys/key-life.ts';
import { KeyStore } from './keys/key-store.ts';
import { RetentionConsent } from './retention-consent.ts';
import { referencesOf, targetsOf } from './references.ts';
import { eraseMementos, eraseSecrets, forgetIfPurged } from './purge/erase-state.ts';
import { purgeMarker, type PurgeMarker } from './purge/purge-marker.ts';
import { portOf, rememberPort } from './workspace-port.ts';
import { readNetwork, readSettings, workspaceAgentsFingerprint, workspaceId } from './settings.ts';
import { TelemetryHeaders } from './telemetry-headers.ts';
import { mayUseWorkspaceAgents } from './workspace-agents.ts';

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
  readonly keyLife: KeyLife;
  readonly telemetryHeaders: TelemetryHeaders;
  readonly gateway: GatewayProcess;
  readonly tokens: AgentTokens;
  readonly removals: RemovalStore;
  readonly auditLog: EditorAudit;
  readonly #context: vscode.ExtensionContext;
  readonly #log: vscode.LogOutputChannel;
  readonly #extensions: AllowedExtensions;
  readonly #retention: RetentionConsent;
  #marker: PurgeMarker | undefined;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #settled = new vscode.EventEmitter<readonly SettledRequest[]>();
  readonly #news = new vscode.EventEmitter<RoutingNews>();
  readonly #activity = new vscode.EventEmitter<ActivityEvent>();
  readonly #paused = new Set<string>();
  readonly #subscriptions: vscode.Disposable[] = [];
  readonly onChanged = this.#changed.event;
  readonly onSettled = this.#settled.event;
  readonly onNews = this.#news.event;
  /** Requests on their way, while somebody watches them, and what retries say. */
  readonly onActivity = this.#activity.event;
  #state: EditorState | undefined;
  #refreshing: Promise<void> = Promise.resolve();
  #begun = false;
  #trouble: string | undefined;
  /** Everything was erased: nothing runs and nothing is written until somebody starts the gateway. */
  #hushed = false;

  constructor(context: vscode.ExtensionContext, log: vscode.LogOutputChannel) {
    this.#context = context;
    this.#log = log;
    const journal = new KeyJournal(context.globalStorageUri.fsPath);
    this.keys = new KeyStore(context.secrets, journal);
    this.removals = new RemovalStore(this.keys.shared);
    this.telemetryHeaders = new TelemetryHeaders(context.secrets);
    this.tokens = new AgentTokens(this.keys.shared, workspaceId(), (kind, agent, stored) => {
      if (stored) this.audit({ kind, agent });
      return this.refresh();
    });
    this.#extensions = new AllowedExtensions(context.globalState);
    this.#retention = new RetentionConsent(context.globalState);
    this.gateway = new GatewayProcess(context.asAbsolutePath('dist/worker.js'), () => this.#startOptions(), {
      stateChanged: (state) => this.#gatewayChanged(state),
      settled: ({ requests }) => {
        this.keyLife.lastUsed.saw(requests);
        this.#settled.fire(requests);
      },
      trouble: ({ trouble }) => {
        this.#trouble = trouble;
        this.#changed.fire();
      },
      audited: () => this.auditLog.written(),
      activity: (event) => this.#activity.fire(event),
      news: ({ news }) => this.#hear(news),
      log: ({ level, line }) => log[level](line),
      died: deathNotice(log),
    });
    this.keyLife = new KeyLife(context, this.keys, journal, this.gateway);
    this.auditLog = new EditorAudit(this.keys.shared, this.gateway, log);
    this.#subscriptions.push(
      this.auditLog,
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('gatehouse')) void this.refresh();
        if (event.affectsConfiguration('http') && vscode.workspace.isTrusted) void this.gateway.restart();
      }),
      context.secrets.onDidChange(({ key }) => {
        if (this.keys.isKeyChange(key) || this.tokens.heard(key) || this.telemetryHeaders.isChange(key)) void this.refresh();
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
    await this.gateway.start();
  }

  /** What comes before the first look at keys and settings. */
  async #begin(): Promise<void> {
    this.#marker ??= purgeMarker(this.#context.globalStorageUri.fsPath, (purge) => void this.#heedPurge(purge));
    await forgetIfPurged(this.#context, this.#marker.current());
    const examined = (): void => {
      const { trouble } = this.keyLife.place;
      if (trouble !== undefined) this.#log.warn(trouble);
      this.#changed.fire();
    };
    this.#subscriptions.push(await this.keyLife.begin(() => void this.refresh(), examined));
  }

  /** Reads settings and keys again and hands the gateway a new snapshot. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing
      .then(async () => {
        if (!vscode.workspace.isTrusted || this.#hushed) return;
        const source = await this.#readSource();
        if (this.gateway.state.phase === 'running') {
          await this.gateway.call('swap', source);
          void this.keyLife.swapped().catch(() => {});
          await this.#describeModels();
          void this.#retention.ask(this.gateway, () => this.refresh());
        }
        this.#changed.fire();
      })
      .catch((error: unknown) =>
        this.#log.error(`the configuration was not taken over: ${error instanceof Error ? error.message : ''}`),
      );
    return this.#refreshing;
  }

  async allowExtension(id: string): Promise<void> {
    await this.#extensions.allow(id);
    this.audit({ kind: 'extension-allowed', extension: id });
    await this.refresh();
  }

  isExtensionAllowed(id: string): boolean {
    return this.#extensions.list().includes(id);
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
    this.tokens.forget();
    this.keyLife.lastUsed.forget();
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
      .showInformationMessage(l10n.t('Everything that Gatehouse kept was erased from another window.'), l10n.t('Start Afresh'))
      .then((choice) => (choice === undefined ? undefined : this.gateway.restart()));
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
    this.#activity.dispose();
    void this.keyLife.lastUsed.save();
    void this.gateway.stop();
  }

  async #startOptions() {
    this.#hushed = false;
    await vscode.workspace.fs.createDirectory(this.#context.globalStorageUri);
    if (!this.#begun) await this.#begin();
    this.#begun = true;
    const folder = this.#context.globalStorageUri.fsPath;
    const [source, audit] = await Promise.all([this.#readSource(), this.auditLog.options(folder)]);
    return {
      source,
      network: readNetwork(),
      dataDir: folder,
      port: portOf(this.#context.workspaceState),
      workspace: workspaceName(),
      audit,
    };
  }

  async #readSource(): Promise<SnapshotSource> {
    const fingerprint = workspaceAgentsFingerprint();
    const withWorkspace =
      fingerprint === undefined ||
      (await mayUseWorkspaceAgents(this.#context.workspaceState, fingerprint, {
        accepted: (choice) => this.audit({ kind: 'workspace-agents-accepted', workspace: workspaceName(), choice }),
        answered: () => this.refresh(),
      }));
    const { config: read, faults } = await readSettings(this.#state?.config, withWorkspace);
    const config = this.#retention.hold(read);
    if (faults.length > 0 && faults.join() !== this.#state?.faults.join()) showFaults(faults, this.#log);
    const [{ keys, held }, telemetryHeaders] = await Promise.all([this.keyLife.read(), this.telemetryHeaders.list()]);
    const extensions = this.#extensions.list();
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
    return {
      config,
      keys: held,
      telemetryHeaders,
      extraAgents,
      tokens: await this.tokens.all(Object.keys(agents)),
    };
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
    const paused = agentPausedBy(news);
    if (paused !== undefined) {
      this.#paused.add(paused);
      this.#changed.fire();
    }
    this.#news.fire(news);
  }

  #gatewayChanged(state: GatewayState): void {
    if (state.phase !== 'running') {
      this.#paused.clear();
      this.#trouble = undefined;
    }
    this.#log.info(state.phase === 'running' ? `the gateway listens at ${state.url}` : `the gateway is ${state.phase}`);
    this.#changed.fire();
    if (state.phase !== 'running') return;
    this.auditLog.deliver();
    void rememberPort(this.#context.workspaceState, state.port);
    void this.#describeModels().then(
      () => this.#changed.fire(),
      () => {},
    );
    void this.#retention.ask(this.gateway, () => this.refresh());
  }
}

function workspaceName(): string {
  return vscode.workspace.name ?? 'no folder';
}
