import * as vscode from 'vscode';
import { PRESETS } from '../../core/providers/presets.ts';
import type { Anomaly } from '../../core/ledger/anomalies/anomaly.ts';
import { newsSentence } from '../../core/ledger/budgets/verdict.ts';
import type { PlaceHealth } from '../../core/routing/health/health.ts';
import type { EditorHost } from '../editor-host.ts';
import { plainWords } from '../plain-words.ts';
import { AnomalyAlarms } from './anomaly-alarms.ts';
import { anomalyText, burstText, FormerValueAlarms, healthLine, KeyAlarms, REFUSED_TEXT, type Names } from './news-words.ts';

/** Commands of buttons; each takes the id of a key, a provider or an agent. */
const COMMANDS = {
  'Raise Budget': 'gatehouse.raiseBudget',
  'Rotate Key': 'gatehouse.rotateKey',
  'Undo Rotation': 'gatehouse.undoRotation',
  'Test Key': 'gatehouse.testKey',
  'Add Key': 'gatehouse.addKey',
  'Pause Agent': 'gatehouse.pauseAgent',
  'Resume Agent': 'gatehouse.resumeAgent',
  'Show Usage': 'gatehouse.showUsage',
  'Open Terminal': 'gatehouse.openTerminal',
  'Copy Endpoint': 'gatehouse.copyEndpoint',
  'Show Log': 'gatehouse.showLog',
} as const;

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
          void warn(alarm.text, alarm.remedies, (button) => (button === 'Add Key' ? place.provider : place.key));
        return;
      }
      case 'burst': {
        const text = burstText(news.burst, news.paused);
        log.warn(text);
        void warn(text, [news.paused ? 'Resume Agent' : 'Pause Agent', 'Show Usage'], () => news.burst.agent);
        return;
      }
      case 'former-value': {
        const label = host.state?.keys.find(({ id }) => id === news.key)?.label ?? news.key;
        const alarm = formerValues.hear(news, label);
        if (alarm === undefined) return;
        log.warn(alarm);
        void warn(alarm, ['Undo Rotation', 'Test Key'], () => news.key);
        return;
      }
      case 'budget': {
        const text = newsSentence(news.news);
        log.warn(text);
        void warn(text, ['Raise Budget', 'Show Usage'], () => undefined);
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
        log.warn(REFUSED_TEXT);
        void warn(REFUSED_TEXT, ['Open Terminal', 'Copy Endpoint', 'Show Log'], () => undefined);
        return;
      default:
        news satisfies never;
    }
  });
}

const NOT_AGAIN = 'Not Again Today';

async function warnOfAnomaly(alarms: AnomalyAlarms, anomaly: Anomaly, paused: boolean, text: string): Promise<void> {
  const { agent } = anomaly;
  const buttons = paused ? (['Resume Agent', 'Show Usage'] as const) : (['Pause Agent', 'Show Usage', NOT_AGAIN] as const);
  const button = await vscode.window.showWarningMessage(text, ...buttons);
  if (button === NOT_AGAIN) await alarms.notAgainToday(agent, Date.now());
  else if (button !== undefined) await vscode.commands.executeCommand(COMMANDS[button], agent);
}

type Button = keyof typeof COMMANDS;

async function warn(text: string, buttons: readonly Button[], argument: (button: Button) => string | undefined): Promise<void> {
  const button = await vscode.window.showWarningMessage(plainWords(text), ...buttons);
  if (button !== undefined) await vscode.commands.executeCommand(COMMANDS[button], argument(button));
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
