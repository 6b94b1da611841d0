import * as l10n from '@vscode/l10n';
import { shortUsd } from '../../core/ledger/money.ts';
import type { SettledRequest } from '../../core/ledger/records.ts';
import type { RetryPiece } from '../../host/retry-request.ts';
import { count, duration } from '../routing/markdown.ts';

/** The answer to a request that was asked again, as a document that grows. */
export class RetryText {
  readonly #head: string;
  #text = '';
  #kind: RetryPiece['kind'] = 'text';
  #end = '';

  constructor(agent: string, target: string, asked: string) {
    this.#head = [
      `# ${l10n.t('{0} on {1}', agent, target)}`,
      '',
      l10n.t('Asked again; the first time it was for {0}. Tools are not run here.', asked || l10n.t('no model')),
      '',
      '---',
      '',
      '',
    ].join('\n');
  }

  get text(): string {
    return this.#head + this.#text + this.#end;
  }

  say(pieces: readonly RetryPiece[]): void {
    for (const { kind, text } of pieces) {
      if (kind === 'tool') this.#text += `\n\n${l10n.t('[calls the tool {0}]', text)}\n`;
      else {
        if (kind !== this.#kind && this.#text !== '') this.#text += '\n\n';
        if (kind === 'thinking' && this.#kind !== 'thinking') this.#text += `${l10n.t('[thinks]')}\n`;
        if (kind === 'text' && this.#kind === 'thinking') this.#text += `${l10n.t('[answers]')}\n`;
        this.#text += text;
      }
      this.#kind = kind === 'tool' ? 'arguments' : kind;
    }
  }

  /** `row`: undefined while the ledger has not written it. */
  end(trouble: string | undefined, row: SettledRequest | undefined): void {
    const figures =
      row === undefined
        ? []
        : [
            `${row.provider}/${row.model}`,
            duration(row.totalMs),
            l10n.t(
              '{0} tokens in, {1} out',
              count(row.usage.input + row.usage.cacheRead + row.usage.cacheWrite5m + row.usage.cacheWrite1h),
              count(row.usage.output),
            ),
            row.costNano === undefined ? l10n.t('unpriced') : shortUsd(row.costNano),
          ];
    const lines = [...(trouble === undefined ? [] : [l10n.t('It failed: {0}', trouble), '']), figures.join(' · ')];
    this.#end = `\n\n---\n\n${lines.join('\n')}\n`;
  }
}
