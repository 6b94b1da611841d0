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
  return `The key "${key.label}" of ${key.provider} (ends in ${key.lastFour}) is ${days} ${days === 1 ? 'day' : 'days'} old; it should be rotated every ${key.rotateEveryDays}.`;
}

export function movedText({ key, to }: MovedKey): string {
  return `The address of "${key.provider}" has changed from ${key.origins.join(', ')} to ${to.join(', ')}. The key "${key.label}" (ends in ${key.lastFour}) is not sent there until you confirm it.`;
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
        ? 'Allow this page to store data in the browser, and do not use a private window.'
        : linux && place === 'here'
          ? 'Install and unlock a keyring (gnome-keyring or KWallet), then restart the editor.'
          : 'Unlock the system’s keychain, then restart the editor.';
    return `This editor does not keep secrets: keys will be gone when the window closes. ${remedy}`;
  }
  if (insecurePage)
    return 'This page was loaded over http, so the browser keeps your keys in plain text. Open the editor over https, or through localhost, and enter the keys again.';
  return undefined;
}

/** As a person calls a key that was lost. */
export function lostText(
  lost: readonly { readonly label: string; readonly provider: string; readonly lastFour: string }[],
  { place, linux }: Surroundings,
): string {
  const names = lost.map(({ label, provider, lastFour }) => `"${label}" of ${provider} (ends in ${lastFour})`).join(', ');
  const [what, them, they] = lost.length === 1 ? ['The key', 'it', 'is'] : ['The keys', 'them', 'are'];
  const why =
    place === 'browser'
      ? `Another browser or tab may have ${them}: open tabs overwrite each other's secrets. Close the others and reload this one, or add ${them} again.`
      : place === 'remote'
        ? `${them === 'it' ? 'It' : 'They'} may have been entered on another computer. Add ${them} again here.`
        : linux
          ? `Is a keyring (gnome-keyring or KWallet) installed and unlocked? Then restart the editor, or add ${them} again.`
          : `Was the system's keychain reset? Add ${them} again.`;
  return `${what} ${names} ${they} not in this editor's secret storage any more. ${why}`;
}
