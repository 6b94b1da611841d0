import type { SecretStorage } from 'vscode';

type Step = 'get' | 'store' | 'delete';

/**
 * SecretStorage in memory. `interrupt` plays what a real one does to its users: another window that writes just before a step, a
 * keyring that is locked (throw), one that forgets. Each step takes a turn of the event loop, as a real one does.
 */
export interface MemorySecrets extends SecretStorage {
  readonly kept: Map<string, string>;
  /** Called before each step with the name it is about; may throw. */
  interrupt: (step: Step, name: string) => void;
  forgets: boolean;
}

export function memorySecrets(kept = new Map<string, string>()): MemorySecrets {
  const step = async (which: Step, name: string): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    secrets.interrupt(which, name);
  };
  const secrets: MemorySecrets = {
    kept,
    interrupt: () => {},
    forgets: false,
    keys: () => Promise.resolve([...kept.keys()]),
    async get(name) {
      await step('get', name);
      return kept.get(name);
    },
    async store(name, value) {
      await step('store', name);
      if (!secrets.forgets) kept.set(name, value);
    },
    async delete(name) {
      await step('delete', name);
      kept.delete(name);
    },
    onDidChange: () => ({ dispose() {} }),
  };
  return secrets;
}

/** Throws at this step about a name that `name` matches, `times` times. */
export function refusing(step: Step, name: RegExp, times = Number.POSITIVE_INFINITY): MemorySecrets['interrupt'] {
  let left = times;
  return (at, about) => {
    if (at === step && name.test(about) && left-- > 0) throw new Error('the keyring is locked');
  };
}

/** Does this once, just before the step. */
export function once(step: Step, name: RegExp, act: () => void): MemorySecrets['interrupt'] {
  let done = false;
  return (at, about) => {
    if (done || at !== step || !name.test(about)) return;
    done = true;
    act();
  };
}
