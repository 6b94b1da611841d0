import os from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { resolveAgent } from '../../core/routing/agent.ts';
import type { Endpoint, Place, Program } from '../../host/agent-setup/program.ts';
import { PROGRAMS } from '../../host/agent-setup/programs.ts';
import type { SetUp } from '../../host/agent-setup/record.ts';
import { applySetUp, keptOf, planSetUp, type FilePlan } from '../../host/agent-setup/set-up.ts';
import { shortPath } from '../../host/key-import/find-keys.ts';
import { maskedText } from '../../host/key-import/masked-text.ts';
import { withChangesShown } from '../changes-shown.ts';
import { copyEndpoint } from '../commands/copy-endpoint.ts';
import type { EditorHost } from '../editor-host.ts';
import { workspaceId } from '../settings.ts';
import { openAgentTerminal } from '../terminals.ts';
import { agentOf, endpointFor, lacksModel, placeOf } from './endpoint.ts';
import { setUpByHand } from './by-hand.ts';
import { pickProgram } from './pick-program.ts';
import { SetUpStore } from './setup-store.ts';
import { noteOn } from './words.ts';

/**
 * Points an agent program at this workspace's gateway: the change is shown, and written only when it is wanted. `wanted` is a program, or an
 * agent that is one.
 */
export async function setUpAgent(host: EditorHost, context: vscode.ExtensionContext, wanted?: string): Promise<void> {
  const place = placeOf(context);
  const store = new SetUpStore(host.keys.shared);
  const named = wanted === undefined ? undefined : programOf(host, wanted);
  const program = named ?? (await pickProgram(place, await store.list()));
  if (program === undefined) return;
  if (program === 'other') return copyEndpoint(host);
  if (workspaceId() === undefined)
    throw new Error(
      l10n.t(
        'A window without a folder has a token that ends with it. Open a folder first, or use "Gatehouse: Open Terminal for Agent".',
      ),
    );
  const isAgent = wanted !== undefined && wanted !== program.id && named !== undefined;
  const agent = isAgent ? wanted : await agentOf(host, program);
  if (agent === undefined) return;
  const endpoint = await endpointFor(host, agent);
  const wishes = program.files?.(place, endpoint) ?? [];
  if (wishes.length === 0) return setUpByHand(host, program, agent, endpoint);

  const earlier = await store.of(program.id);
  const planned = planSetUp(wishes, earlier?.files ?? []);
  if ('fault' in planned) throw new Error(planned.fault);
  const changed = planned.plans.filter(({ now, set }) => now !== set.text);
  if (changed.length === 0) {
    void vscode.window.showInformationMessage(l10n.t('{0} is set up as it should be already.', program.label));
    return;
  }
  const answer = await withChangesShown(
    changed.map((plan) => shownChange(plan, endpoint.token)),
    () => vscode.window.showInformationMessage(questionOf(program, changed, earlier), l10n.t('Apply'), l10n.t('Cancel')),
  );
  if (answer !== l10n.t('Apply')) return;
  await carryOut(host, recordOf(program, agent, endpoint, planned.plans, earlier), planned.plans, earlier);
  void offerNext(host, program, agent);
}

function programOf({ state }: EditorHost, wanted: string): Program | undefined {
  const agent = state?.agents[wanted];
  const kind = agent && resolveAgent(wanted, agent).kind;
  return PROGRAMS.find(({ id }) => id === wanted) ?? PROGRAMS.find(({ id }) => id === kind);
}

/** Without showing anything: for what is ours already and only has another address or token now. */
export async function pointAnew(host: EditorHost, place: Place, earlier: SetUp): Promise<void> {
  const program = PROGRAMS.find(({ id }) => id === earlier.program);
  if (program?.files === undefined) return;
  const endpoint = await endpointFor(host, earlier.agent);
  const planned = planSetUp(program.files(place, { ...endpoint, model: earlier.model }), earlier.files);
  if ('fault' in planned) throw new Error(planned.fault);
  const record = recordOf(program, earlier.agent, { ...endpoint, model: earlier.model }, planned.plans, earlier);
  await carryOut(host, record, planned.plans, earlier);
}

/** Kept first: without a way back nothing is changed. */
async function carryOut(host: EditorHost, record: SetUp, plans: readonly FilePlan[], earlier: SetUp | undefined): Promise<void> {
  const store = new SetUpStore(host.keys.shared);
  await store.keep(record);
  const fault = applySetUp(plans);
  if (fault !== undefined) {
    await (earlier === undefined ? store.forget(record.program) : store.keep(earlier));
    throw new Error(fault);
  }
  const { agent, program } = record;
  host.audit({ kind: 'agent-set-up', agent, program, files: plans.map(({ file }) => shortPath(file, os.homedir())) });
}

function recordOf(
  program: Program,
  agent: string,
  endpoint: Endpoint,
  plans: readonly FilePlan[],
  earlier: SetUp | undefined,
): SetUp {
  const workspaceName = vscode.workspace.name ?? '';
  // A program may read another file than it did then; the way back leads through both.
  const others = (earlier?.files ?? []).filter(({ file }) => !plans.some((plan) => plan.file === file));
  const files = [...plans.map(keptOf), ...others];
  return { program: program.id, agent, at: Date.now(), workspace: workspaceId(), workspaceName, ...endpoint, files };
}

function shownChange({ file, format, now, set }: FilePlan, token: string) {
  const title = l10n.t('{0} (secrets are masked)', shortPath(file, os.homedir()));
  return { title, file, before: maskedText(format, now ?? '', token), after: maskedText(format, set.text, token) };
}

function questionOf(program: Program, changed: readonly FilePlan[], earlier: SetUp | undefined): string {
  const files = changed.map(({ file }) => shortPath(file, os.homedir())).join(', ');
  const workspace = vscode.workspace.name ?? '';
  const moves =
    earlier !== undefined && earlier.workspace !== workspaceId()
      ? l10n.t('It points at Gatehouse in "{0}" until now.', earlier.workspaceName)
      : undefined;
  return [
    l10n.t('Change {0} as shown? {1} then uses Gatehouse in "{2}", wherever you start it.', files, program.label, workspace),
    moves,
    noteOn(program),
    l10n.t('"Gatehouse: Undo Agent Setup" puts everything back.'),
  ]
    .filter(Boolean)
    .join(' ');
}

/** What is left to do: a model, and a terminal to try it in. */
async function offerNext(host: EditorHost, program: Program, agent: string): Promise<void> {
  const choose = l10n.t('Choose Model');
  const open = l10n.t('Open Terminal');
  const lacks = lacksModel(host, agent, program);
  const [binary] = program.binaries;
  const done = l10n.t('{0} is set up. Start it anew if it is running.', program.label);
  const text = lacks ? `${done} ${l10n.t('No model is chosen for it yet.')}` : done;
  const buttons = [...(lacks ? [choose] : []), ...(binary === undefined ? [] : [open])];
  const choice = await vscode.window.showInformationMessage(text, ...buttons);
  if (choice === choose) {
    await vscode.commands.executeCommand('gatehouse.chooseModel', agent);
    if (binary !== undefined && !lacksModel(host, agent, program)) void offerNext(host, program, agent);
  }
  // Typed and not run: whoever sits there says when.
  if (choice === open && binary !== undefined) (await openAgentTerminal(host, agent)).sendText(binary, false);
}
