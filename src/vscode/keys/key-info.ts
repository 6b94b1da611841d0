/** What a person decides about a key, besides entering it. Left out: no bond, weight 1, priority 0. */
export interface KeySettings {
  readonly label: string;
  readonly weight?: number;
  /** Higher goes first. */
  readonly priority?: number;
  /** The only agents that it serves. */
  readonly agents?: readonly string[];
  /** Patterns over the only models that it serves. */
  readonly models?: readonly string[];
  /** `dev`, `prod`: agents that name an environment use its keys only. */
  readonly environment?: string;
  /** Remind when it is older than this. */
  readonly rotateEveryDays?: number;
  readonly disabled?: boolean;
}

/** What is known of a key besides its value. Kept apart from it, and all that is ever shown. */
export interface KeyInfo extends KeySettings {
  /** `anthropic/work` */
  readonly id: string;
  readonly provider: string;
  readonly lastFour: string;
  /** Where it may be sent: the origins of its provider on the day it was entered. */
  readonly origins: readonly string[];
  /** Milliseconds since the epoch, as all moments here. */
  readonly createdAt: number;
  readonly rotatedAt?: number;
  /** The value before the present one, while it is kept. It was replaced at `rotatedAt`. */
  readonly formerLastFour?: string;
}

/** When its present value was entered. */
export function enteredAt({ createdAt, rotatedAt }: Pick<KeyInfo, 'createdAt' | 'rotatedAt'>): number {
  return rotatedAt ?? createdAt;
}

/** A key with its values: for the gateway's snapshot and the store itself, nothing else. */
export interface StoredKey {
  /** Its own for ever, where an id may come again. */
  readonly uid: string;
  readonly info: KeyInfo;
  readonly secret: string;
  readonly former?: KeyValue;
}

/** What is kept of a key under its own name; all else stands with its values. */
export type KeyAbout = KeySettings & Pick<KeyInfo, 'id' | 'provider' | 'createdAt'>;

export function aboutOf(info: KeyAbout): KeyAbout {
  const { id, provider, label, createdAt, weight, priority, agents, models, environment, rotateEveryDays, disabled } = info;
  const about = { id, provider, label, createdAt, weight, priority, agents, models, environment, rotateEveryDays, disabled };
  return Object.fromEntries(Object.entries(about).filter(([, value]) => value !== undefined)) as unknown as KeyAbout;
}

/** What another version or a damaged store left there is passed over, and so is a member that is not what it should be. */
export function parseAbout(text: string | undefined): KeyAbout | undefined {
  const found = record(text);
  const { id, provider, label, createdAt } = found;
  if (typeof id !== 'string' || typeof provider !== 'string') return undefined;
  return {
    id,
    provider,
    label: typeof label === 'string' ? label : id,
    createdAt: typeof createdAt === 'number' ? createdAt : 0,
    ...member(found, 'weight', (value): value is number => isNumber(value) && value > 0),
    ...member(found, 'priority', (value): value is number => isNumber(value)),
    ...member(found, 'agents', isTexts),
    ...member(found, 'models', isTexts),
    ...member(found, 'environment', (value): value is string => typeof value === 'string' && value !== ''),
    ...member(found, 'rotateEveryDays', (value): value is number => isNumber(value) && value > 0),
    ...member(found, 'disabled', (value): value is boolean => typeof value === 'boolean'),
  };
}

/** A value of a key and where it may be sent: one record, so that no window ever sees the one without the other. */
export interface KeyValue {
  readonly secret: string;
  readonly origins: readonly string[];
  /** Left out: when it was written. */
  readonly enteredAt?: number;
}

export function parseValue(text: string | undefined): KeyValue | undefined {
  const found = record(text);
  const { secret, origins } = found;
  if (typeof secret !== 'string' || !isTexts(origins)) return undefined;
  return { secret, origins, ...member(found, 'enteredAt', isNumber) };
}

/** The JSON object that a text is; an empty one where it is none. */
export function record(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function member<Name extends string, Value>(
  found: Readonly<Record<string, unknown>>,
  name: Name,
  is: (value: unknown) => value is Value,
): { readonly [Key in Name]?: Value } {
  const value = found[name];
  return is(value) ? ({ [name]: value } as { readonly [Key in Name]?: Value }) : {};
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}
