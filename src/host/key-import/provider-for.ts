import type { ProviderConfig } from '../../core/config/schema.ts';
import { originsOf, resolveProvider } from '../../core/providers/provider.ts';
import type { FoundKey } from './find-keys.ts';

export interface ProviderOfKey {
  readonly id: string;
  readonly config: ProviderConfig;
  readonly isNew: boolean;
}

/** The configured provider that a found key is for, or one to be added. One whose address is another one is never taken. */
export function providerFor(
  { kind, baseUrl }: Pick<FoundKey, 'kind' | 'baseUrl'>,
  configured: Readonly<Record<string, ProviderConfig>>,
): ProviderOfKey {
  const config = { kind, ...(baseUrl === undefined ? {} : { baseUrl }) } as ProviderConfig;
  const origins = originsIn(config);
  const same = Object.entries(configured).filter(([, other]) => originsIn(other) === origins);
  const [known] = [...same.filter(([, other]) => other.kind === kind), ...same];
  if (known !== undefined) return { id: known[0], config: known[1], isNew: false };
  const wanted = baseUrl === undefined ? kind : new URL(baseUrl).hostname.replaceAll(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  let id = wanted;
  for (let n = 2; Object.hasOwn(configured, id); n++) id = `${wanted}-${n}`;
  return { id, config, isNew: true };
}

function originsIn(config: ProviderConfig): string {
  return [...originsOf(resolveProvider('found', config))].sort().join(' ');
}
