import { createHash } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { ConfigFault } from '../core/config/parse.ts';
import type { Config, EditorSettings } from '../core/config/schema.ts';
import type { NetworkSettings } from '../core/server/dial.ts';
import { networkFromEnvironment } from '../host/network-settings.ts';
import { questionOf, type WishedAgent } from './workspace-wishes.ts';

const SECTION = 'gatehouse';

export type ReadSettings = { readonly config: Config; readonly faults: readonly string[] };

/**
 * The settings as one configuration. A faulty setting never takes the gateway down: the last good configuration goes on, and the
 * faults are shown. `withWorkspace` false leaves out what the workspace says about agents.
 */
export async function readSettings(lastGood: Config | undefined, withWorkspace: boolean): Promise<ReadSettings> {
  // Not with the extension: reading and making the schema would double the time in which that is loaded.
  const { SETTINGS, defaultConfig, faultLine, parseConfig } = await import('../core/config/parse.ts');
  const section = vscode.workspace.getConfiguration(SECTION);
  const value = Object.fromEntries(
    SETTINGS.map(({ name, scope }) => [
      name,
      withWorkspace && scope === 'resource' ? section.get(name) : userValue(section, name),
    ]).filter(([, given]) => given !== undefined),
  );
  const parsed = parseConfig(value);
  const faults = parsed.faults ?? headlessIn(parsed.config);
  if (parsed.faults === undefined && faults.length === 0) return { config: parsed.config, faults: [] };
  return { config: lastGood ?? defaultConfig(), faults: faults.map((fault) => `${SECTION}.${faultLine(fault)}`) };
}

/** What the schema knows for the headless file and nothing here would heed: the worker has no environment. */
function headlessIn({ telemetry }: Config): readonly ConfigFault[] {
  if (telemetry.headers === undefined) return [];
  const message = l10n.t('is for the file of the headless gateway; use "Gatehouse: Set Telemetry Header"');
  return [{ path: 'telemetry.headers', message }];
}

export function editorSetting<Name extends keyof EditorSettings>(name: Name, fallback: EditorSettings[Name]): EditorSettings[Name] {
  return (userValue(vscode.workspace.getConfiguration(SECTION), name) as EditorSettings[Name] | undefined) ?? fallback;
}

/** Never what a workspace says, whatever the editor allows it to. */
function userValue(section: vscode.WorkspaceConfiguration, name: string): unknown {
  const seen = section.inspect(name);
  return seen?.globalValue ?? seen?.defaultValue;
}

/** A fingerprint of the question whether the workspace may choose for its agents; undefined when it does not want to. */
export function workspaceAgentsFingerprint(): string | undefined {
  const seen = vscode.workspace.getConfiguration(SECTION).inspect<Record<string, unknown>>('agents');
  const wanted = [seen?.workspaceValue, seen?.workspaceFolderValue].filter((value) => value !== undefined);
  return wanted.length === 0 ? undefined : createHash('sha256').update(questionOf(wanted, userAgents())).digest('hex');
}

/** Agents as the workspace wants them, for the question whether to use them. Not checked: this is what stands in the file. */
export function workspaceAgents(): Readonly<Record<string, unknown>> {
  const seen = vscode.workspace.getConfiguration(SECTION).inspect<Record<string, unknown>>('agents');
  return { ...seen?.workspaceValue, ...seen?.workspaceFolderValue };
}

/** The user's own. */
export function userAgents(): Readonly<Record<string, WishedAgent>> {
  return (userValue(vscode.workspace.getConfiguration(SECTION), 'agents') ?? {}) as Record<string, WishedAgent>;
}

/** Adds or changes one entry of an object setting; the other entries, and what `entry` and `drop` do not name, stay as they are. */
export async function writeEntry(
  setting: 'providers' | 'agents',
  name: string,
  entry: object,
  drop: readonly string[] = [],
): Promise<void> {
  const section = vscode.workspace.getConfiguration(SECTION);
  const seen = section.inspect<Record<string, object>>(setting);
  const inWorkspace = setting === 'agents' && seen?.workspaceValue !== undefined && Object.hasOwn(seen.workspaceValue, name);
  const current = inWorkspace ? seen.workspaceValue : seen?.globalValue;
  const target = inWorkspace ? vscode.ConfigurationTarget.Workspace : vscode.ConfigurationTarget.Global;
  const kept = Object.entries(current?.[name] ?? {}).filter(([key]) => !drop.includes(key));
  await section.update(setting, { ...current, [name]: { ...Object.fromEntries(kept), ...entry } }, target);
}

/** An entry as it is written where `writeEntry` changes it, without defaults. */
export function writtenEntry(setting: 'providers' | 'agents', name: string): Readonly<Record<string, unknown>> {
  const seen = vscode.workspace.getConfiguration(SECTION).inspect<Record<string, Record<string, unknown>>>(setting);
  const inWorkspace = setting === 'agents' && seen?.workspaceValue !== undefined && Object.hasOwn(seen.workspaceValue, name);
  return (inWorkspace ? seen.workspaceValue : seen?.globalValue)?.[name] ?? {};
}

/** The user's own: a proxy that a workspace names would see where everything goes. VS Code's proxy settings go before the environment; they are where a company's VS Code is told about its proxy. */
export function readNetwork(): NetworkSettings {
  const http = vscode.workspace.getConfiguration('http');
  const environment = networkFromEnvironment(process.env);
  const proxy = (userValue(http, 'proxy') as string | undefined) ?? '';
  const support = userValue(http, 'proxySupport');
  const noProxy = (userValue(http, 'noProxy') as string[] | undefined) ?? [];
  const strictTls = (userValue(http, 'proxyStrictSSL') as boolean | undefined) ?? true;
  if (support === 'off') return { httpProxy: '', httpsProxy: '', noProxy: '', strictTls };
  return {
    httpProxy: proxy || environment.httpProxy,
    httpsProxy: proxy || environment.httpsProxy,
    noProxy: [...noProxy, environment.noProxy].filter(Boolean).join(','),
    strictTls,
  };
}

/** Stable for a workspace on this machine; undefined without one. */
export function workspaceId(): string | undefined {
  const { workspaceFile, workspaceFolders } = vscode.workspace;
  const uris = workspaceFile ? [workspaceFile] : (workspaceFolders ?? []).map((folder) => folder.uri);
  if (uris.length === 0) return undefined;
  return createHash('sha256').update(uris.map(String).sort().join('\n')).digest('hex').slice(0, 16);
}
