import * as l10n from '@vscode/l10n';
import type { FoundKey } from '../../host/key-import/find-keys.ts';
import { maskedText } from '../../host/key-import/masked-text.ts';
import type { RemovalPlan } from '../../host/key-import/remove-entry.ts';
import { withChangesShown } from '../changes-shown.ts';

/** Shows what would become of a file, with all values masked, until the question that follows is answered. */
export function withChangeShown<T>(plan: RemovalPlan, found: FoundKey, ask: () => PromiseLike<T>): Promise<T> {
  const format = found.entry?.file.format ?? 'dotenv';
  const masked = (text: string): string => maskedText(format, text, found.secret.reveal());
  const title = l10n.t('Remove {0} (values are masked)', plan.name);
  return withChangesShown([{ title, file: plan.file, before: masked(plan.before), after: masked(plan.after) }], ask);
}
