import type { AuthStyle } from '../config/kinds.ts';
import type { Secret } from './secret.ts';

/** The header that shows a key to a provider. This and the redaction of upstream errors are the only code that touches one. */
export function signHeaders(auth: AuthStyle, secret: Secret | undefined): readonly string[] {
  if (auth === 'none' || secret === undefined) return [];
  switch (auth) {
    case 'bearer':
      return ['authorization', `Bearer ${secret.reveal()}`];
    case 'cf-aig-authorization':
      return ['cf-aig-authorization', `Bearer ${secret.reveal()}`];
    case 'x-api-key':
    case 'x-goog-api-key':
    case 'api-key':
      return [auth, secret.reveal()];
    default:
      return auth satisfies never;
  }
}
