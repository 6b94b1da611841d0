import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { PRESETS } from '../../core/providers/presets.ts';
import type { Anomaly } from '../../core/ledger/anomalies/anomaly.ts';
import { newsSentence } from '../../core/ledger/budgets/verdict.ts';
import type { PlaceHealth } from '../../core/routing/health/health.ts';
import type { EditorHost } from '../editor-host.ts';
import { plainWords } from '../plain-words.ts';
import { AnomalyAlarms } from './anomaly-alarms.ts';
import { anomalyText, burstText, FormerValueAlarms, healthLine, KeyAlarms, refusedText, type Names } from './news-words.ts';

/** Buttons by their commands' names; each takes the id of a key, a provider or an agent. */
type Button =
  | 'raiseBudget'
  | 'rotateKey'
  | 'undoRotation'
  | 'testKey'
  | 'addKey'
  | 'pauseAgent'
  | 'resumeAgent'
  | 'showUsage'
  | 'openTerminal'
  | 'copyEndpoint'
  | 'showLog';

function labels(): Readonly<Record<Button, string>> {
  return {
    raiseBudget: l10n.t('Raise Budget'),
    rotateKey: l10n.t('Rotate Key'),
    undoRotation: l10n.t('Undo Rotation'),
    testKey: l10n.t('Test Key'),
    addKey: l10n.t('Add Key'),
    pauseAgent: l10n.t('Pause Agent'),
    resumeAgent: l10n.t('Resume Agent'),
    showUsage: l10n.t('Show Usage'),
    openTerminal: l10n.t('Open Terminal'),
    copyEndpoint: l10n.t('Copy Endpoint'),
    showLog: l10n.t('Show Log'),
  };
}

/** Tells a person what routing and the ledger found out: what somebody has to do something about as a notification, all else in the log. */
export function tellNews(host: EditorHost, log: vscode.LogOutputChannel, kept: vscode.Memento): vscode.Disposable {
  const alarms = new KeyAlarms();
  const anomalies = new AnomalyAlarms(kept);
  const formerValues = new FormerValueAlarms();
  return host.onNews((news) => {
    switch (news.kind) {
      case 'health': {
        const { place } = news;
        log[place.state === 'well' ? 'info' : 'warn'](healthLine(place, Date.now()));
        const alarm = alarms.hear(place, namesOf(host, place));
        if (alarm !== undefined)
          void warn(alarm.text, alarm.remedies, (button) => (button === 'addKey' ? place.provider : place.key));
        return;
      }
      case 'burst': {
        const text = burstText(news.burst, news.paused);
        log.warn(text);
        void warn(text, [news.paused ? 'resumeAgent' : 'pauseAgent', 'showUsage'], () => news.burst.agent);
        return;
      }
      case 'former-value': {
        const label = host.state?.keys.find(({ id }) => id === news.key)?.label ?? news.key;
        const alarm = formerValues.hear(news, label);
        if (alarm === undefined) return;
        log.warn(alarm);
        void warn(alarm, ['undoRotation', 'testKey'], () => news.key);
        return;
      }
      case 'budget': {
        const text = newsSentence(news.news);
        log.warn(text);
        void warn(text, ['raiseBudget', 'showUsage'], () => undefined);
        return;
      }
      case 'anomaly': {
        const { anomaly, paused } = news;
        const now = Date.now();
        const text = anomalyText(anomaly, paused, now);
        log.warn(text);
        if (anomalies.opens(anomaly, paused, now))
          void warnOfAnomaly(anomalies, anomaly, paused, text).finally(() => anomalies.closed(anomaly, paused));
        return;
      }
      case 'tokens-refused':
        log.warn(refusedText());
        void warn(refusedText(), ['openTerminal', 'copyEndpoint', 'showLog'], () => undefined);
        return;
      default:
        news satisfies never;
    }
  });
}

async function warnOfAnomaly(alarms: AnomalyAlarms, anomaly: Anomaly, paused: boolean, text: string): Promise<void> {
  const { agent } = anomaly;
  const notAgain = l10n.t('Not Again Today');
  const buttons: readonly Button[] = [paused ? 'resumeAgent' : 'pauseAgent', 'showUsage'];
  const words = labels();
  const pressed = await vscode.window.showWarningMessage(
    text,
    ...buttons.map((button) => words[button]),
    ...(paused ? [] : [notAgain]),
  );
  const button = buttons.find((each) => words[each] === pressed);
  if (pressed === notAgain) await alarms.notAgainToday(agent, Date.now());
  else if (button !== undefined) await vscode.commands.executeCommand(`gatehouse.${button}`, agent);
}

async function warn(text: string, buttons: readonly Button[], argument: (button: Button) => string | undefined): Promise<void> {
  const words = labels();
  const pressed = await vscode.window.showWarningMessage(plainWords(text), ...buttons.map((button) => words[button]));
  const button = buttons.find((each) => words[each] === pressed);
  if (button !== undefined) await vscode.commands.executeCommand(`gatehouse.${button}`, argument(button));
}

function namesOf(host: EditorHost, { provider, key }: PlaceHealth): Names {
  const kind = host.state?.config.providers[provider]?.kind;
  const label = kind === undefined ? provider : PRESETS[kind].label;
  return {
    // Two providers of one kind are told apart by the names that the user gave them.
    provider: kind === undefined || kind === provider ? label : `"${provider}" (${label})`,
    key: key === undefined ? undefined : (host.state?.keys.find(({ id }) => id === key)?.label ?? key),
  };
}
