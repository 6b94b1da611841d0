import * as l10n from '@vscode/l10n';
import type { Config } from '../../core/config/schema.ts';
import { originsOf, resolveProvider } from '../../core/providers/provider.ts';
import { enteredAt, type KeyInfo } from './key-info.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A key whose provider is somewhere else now than on the day it was entered. It is not sent there until somebody confirms. */
export interface MovedKey {
  readonly key: KeyInfo;
  readonly to: readonly string[];
}

export function movedKeys(keys: readonly KeyInfo[], providers: Config['providers']): readonly MovedKey[] {
  return keys.flatMap((key) => {
    const config = providers[key.provider];
    if (config === undefined) return [];
    const to = [...originsOf(resolveProvider(key.provider, config))];
    return to.every((origin) => key.origins.includes(origin)) ? [] : [{ key, to }];
  });
}

/** Keys that are older than they should get, the oldest first. `now`: milliseconds since the epoch. */
export function overdueKeys(keys: readonly KeyInfo[], now: number): readonly KeyInfo[] {
  return keys
    .filter((key) => key.rotateEveryDays !== undefined && ageInDays(key, now) >= key.rotateEveryDays)
    .toSorted((a, b) => enteredAt(a) - enteredAt(b));
}

export function ageInDays(key: Pick<KeyInfo, 'createdAt' | 'rotatedAt'>, now: number): number {
  return Math.floor((now - enteredAt(key)) / DAY_MS);
}

export function overdueText(key: KeyInfo, now: number): string {
  const days = ageInDays(key, now);
  const { label, provider, lastFour, rotateEveryDays = 1 } = key;
  const age =
    days === 1
      ? l10n.t('The key "{0}" of {1} (ends in {2}) is 1 day old.', label, provider, lastFour)
      : l10n.t('The key "{0}" of {1} (ends in {2}) is {3} days old.', label, provider, lastFour, days);
  const rule =
    rotateEveryDays === 1
      ? l10n.t('It should be rotated every day.')
      : l10n.t('It should be rotated every {0} days.', rotateEveryDays);
  return `${age} ${rule}`;
}

export function movedText({ key, to }: MovedKey): string {
  return l10n.t(
    'The address of "{0}" has changed from {1} to {2}. The key "{3}" (ends in {4}) is not sent there until you confirm it.',
    key.provider,
    key.origins.join(', '),
    to.join(', '),
    key.label,
    key.lastFour,
  );
}

/** What else is known of the window that the keys are kept for. */
export interface Surroundings {
  /** The window is in a browser, or its keys are kept on another computer than where it runs. */
  readonly place: 'here' | 'browser' | 'remote';
  readonly linux: boolean;
  /** The browser's page came without encryption from another computer: browsers then keep secrets in plain text. */
  readonly insecurePage: boolean;
}

/** What is wrong with where keys are kept, in words a person can act on. `keeps`: it gave back what it was given. */
export function storeTrouble(keeps: boolean, { place, linux, insecurePage }: Surroundings): string | undefined {
  if (!keeps) {
    const remedy =
      place === 'browser'
        ? l10n.t('Allow this page to store data in the browser, and do not use a private window.')
        : linux && place === 'here'
          ? l10n.t('Install and unlock a keyring (gnome-keyring or KWallet), then restart the editor.')
          : l10n.t('Unlock the system’s keychain, then restart the editor.');
    return `${l10n.t('This editor does not keep secrets: keys will be gone when the window closes.')} ${remedy}`;
  }
  if (insecurePage)
    return l10n.t(
      'This page was loaded over http, so the browser keeps your keys in plain text. Open the editor over https, or through localhost, and enter the keys again.',
    );
  return undefined;
}

/** As a person calls a key that was lost. */
export function lostText(
  lost: readonly { readonly label: string; readonly provider: string; readonly lastFour: string }[],
  surroundings: Surroundings,
): string {
  const names = lost.map(({ label, provider, lastFour }) => l10n.t('"{0}" of {1} (ends in {2})', label, provider, lastFour));
  const what =
    names.length === 1
      ? l10n.t("The key {0} is not in this editor's secret storage any more.", names.join(', '))
      : l10n.t("The keys {0} are not in this editor's secret storage any more.", names.join(', '));
  return `${what} ${whyLostText(names.length === 1, surroundings)}`;
}

function whyLostText(isOne: boolean, { place, linux }: Surroundings): string {
  if (place === 'browser')
    return isOne
      ? l10n.t(
          "Another browser or tab may have it: open tabs overwrite each other's secrets. Close the others and reload this one, or add it again.",
        )
      : l10n.t(
          "Another browser or tab may have them: open tabs overwrite each other's secrets. Close the others and reload this one, or add them again.",
        );
  if (place === 'remote')
    return isOne
      ? l10n.t('It may have been entered on another computer. Add it again here.')
      : l10n.t('They may have been entered on another computer. Add them again here.');
  if (linux)
    return isOne
      ? l10n.t('Is a keyring (gnome-keyring or KWallet) installed and unlocked? Then restart the editor, or add it again.')
      : l10n.t('Is a keyring (gnome-keyring or KWallet) installed and unlocked? Then restart the editor, or add them again.');
  return isOne
    ? l10n.t("Was the system's keychain reset? Add it again.")
    : l10n.t("Was the system's keychain reset? Add them again.");
}
