import * as l10n from '@vscode/l10n';
import type { PanelRequest } from '../src/vscode/usage-panel/messages.ts';

type IconName = 'check' | 'cross' | 'stop' | 'warning' | 'clock' | 'shield';

export interface ShownStatus {
  readonly words: string;
  readonly means: string;
  readonly icon: IconName;
  readonly tone: 'good' | 'bad' | 'warn' | 'quiet';
}

export function statusShown(request: Pick<PanelRequest, 'settled' | 'status'>): ShownStatus {
  const { settled, status } = request;
  switch (settled) {
    case 'done':
      return { words: l10n.t('Done'), means: l10n.t('The answer is complete (status {0}).', status), icon: 'check', tone: 'good' };
    case 'error':
      return {
        words: l10n.t('Error {0}', status),
        means: l10n.t('The agent got an error with status {0}.', status),
        icon: 'cross',
        tone: 'bad',
      };
    case 'aborted':
      return {
        words: l10n.t('Aborted'),
        means: l10n.t('The agent went away before the answer was complete.'),
        icon: 'stop',
        tone: 'quiet',
      };
    case 'truncated':
      return { words: l10n.t('Truncated'), means: l10n.t('The provider ended the answer early.'), icon: 'warning', tone: 'warn' };
    case 'timeout':
      return { words: l10n.t('Timed out'), means: l10n.t('The provider did not answer in time.'), icon: 'clock', tone: 'bad' };
    case 'blocked':
      return {
        words: l10n.t('Blocked'),
        means: l10n.t('Gatehouse refused the request: a budget, a limit or a rule.'),
        icon: 'shield',
        tone: 'warn',
      };
    case 'crashed':
      return {
        words: l10n.t('Crashed'),
        means: l10n.t('The gateway stopped while the request was running.'),
        icon: 'cross',
        tone: 'bad',
      };
    default:
      return settled satisfies never;
  }
}

const paths: Readonly<Record<IconName, string>> = {
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  stop: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11zM4.3 4.3l7.4 7.4',
  warning: 'M8 2.5 14 13H2zM8 6.5v3M8 11v.6',
  clock: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11zM8 5v3.2l2.2 1.5',
  shield: 'M8 2 13 4v4c0 3-2 5-5 6-3-1-5-3-5-6V4z',
};

const svg = 'http://www.w3.org/2000/svg';

/** Icons are drawn here: the editor's icon font is not ours to load. */
export function statusIcon(name: IconName): SVGSVGElement {
  const icon = document.createElementNS(svg, 'svg');
  for (const [key, value] of Object.entries({ viewBox: '0 0 16 16', class: 'icon', 'aria-hidden': 'true' }))
    icon.setAttribute(key, value);
  const path = document.createElementNS(svg, 'path');
  path.setAttribute('d', paths[name]);
  icon.append(path);
  return icon;
}
