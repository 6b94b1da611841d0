import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Config } from '../core/config/schema.ts';
import type { RetentionConfig } from '../core/config/schema-retention.ts';
import { retentionOf } from '../core/ledger/retention-of.ts';
import type { GatewayProcess } from './gateway-process.ts';
import { isShorter, whatGoesWords } from './retention-words.ts';

const AGREED = 'gatehouse.agreedRetention';

/**
 * A shorter retention deletes what nobody can bring back, so it counts once the user has heard what will go. Until then the one before
 * it holds. Where nothing would go there is nothing to ask.
 */
export class RetentionConsent {
  readonly #memory: vscode.Memento;
  #held: Config | undefined;
  #asked: string | undefined;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** The configuration with the retention that may be applied. */
  hold(config: Config): Config {
    const agreed = this.#memory.get<RetentionConfig>(AGREED) ?? {};
    this.#held = isShorter(config.retention, agreed) ? config : undefined;
    if (this.#held !== undefined) return { ...config, retention: agreed };
    this.#asked = undefined;
    // Also a longer one is remembered: when it is shortened again that is told again.
    if (isShorter(agreed, config.retention)) void this.#memory.update(AGREED, config.retention);
    return config;
  }

  /** Asks once for each setting, if one is held back. `agreed` is called when it may be applied. */
  async ask(gateway: GatewayProcess, agreed: () => Promise<void>): Promise<void> {
    const config = this.#held;
    const wanted = JSON.stringify(config?.retention);
    if (config === undefined || this.#asked === wanted) return;
    this.#asked = wanted;
    const goes = await gateway.call('whatGoes', retentionOf(config)).catch(() => undefined);
    // It went away meanwhile; when it is back it is asked again.
    if (goes === undefined) return void (this.#asked = undefined);
    if (goes.requests + goes.sums > 0) {
      const remove = l10n.t('Delete');
      const settings = l10n.t('Open Settings');
      const choice = await vscode.window.showWarningMessage(whatGoesWords(goes), remove, settings);
      if (choice === settings) await vscode.commands.executeCommand('workbench.action.openSettings', 'gatehouse.retention');
      if (choice !== remove || JSON.stringify(this.#held?.retention) !== wanted) return;
    }
    await this.#memory.update(AGREED, config.retention);
    await agreed();
  }
}
