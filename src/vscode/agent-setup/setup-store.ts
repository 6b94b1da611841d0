import { createHash } from 'node:crypto';
import os from 'node:os';
import type { SecretStorage } from 'vscode';
import { setUpIn, type SetUp } from '../../host/agent-setup/record.ts';

/** Secrets stay with the editor, and files with the machine it works on: what was done here is kept under this machine's name. */
const PREFIX = `gatehouse.setup.${createHash('sha256').update(`${os.hostname()}\n${os.homedir()}`).digest('hex').slice(0, 8)}.`;

/** What was done to set programs up: one record a program, in SecretStorage, so that a purge takes it too. */
export class SetUpStore {
  readonly #secrets: SecretStorage;

  constructor(secrets: SecretStorage) {
    this.#secrets = secrets;
  }

  /** Before a file is changed: read back, for some stores do not keep what they are given. */
  async keep(record: SetUp): Promise<void> {
    const text = JSON.stringify(record);
    await this.#secrets.store(PREFIX + record.program, text);
    if ((await this.#secrets.get(PREFIX + record.program)) !== text)
      throw new Error('the secret storage does not keep what it is given, so there would be no way back; nothing was changed');
  }

  async of(program: string): Promise<SetUp | undefined> {
    return setUpIn(await this.#secrets.get(PREFIX + program));
  }

  /** The latest first. */
  async list(): Promise<readonly SetUp[]> {
    const names = (await this.#secrets.keys()).filter((name) => name.startsWith(PREFIX));
    const records = await Promise.all(names.map(async (name) => setUpIn(await this.#secrets.get(name))));
    return records.filter((record) => record !== undefined).sort((a, b) => b.at - a.at);
  }

  async forget(program: string): Promise<void> {
    await this.#secrets.delete(PREFIX + program);
  }
}
