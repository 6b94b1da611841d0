import type { Exchange } from './exchange.ts';

/** Every credential that an agent presents, in every form the four dialects know. Some agents send two with different values. */
export function presentedTokens({ headers, target }: Pick<Exchange, 'headers' | 'target'>): string[] {
  const bearer = /^bearer\s+(.+)$/i.exec(text(headers['authorization']))?.[1];
  const query = target.indexOf('?');
  const key = query < 0 ? null : new URLSearchParams(target.slice(query)).get('key');
  return [bearer, text(headers['x-api-key']), text(headers['x-goog-api-key']), key].filter((token): token is string =>
    Boolean(token),
  );
}

function text(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value.trim() : '';
}
