import * as l10n from '@vscode/l10n';
import type { UsageRow } from '../../core/ledger/records.ts';
import type { PlaceHealth } from '../../core/routing/health/health.ts';
import type { ModelChoice } from '../../host/list-provider-models.ts';
import { abilitiesOf } from '../model-abilities.ts';
import { clockTime, count, duration } from '../routing/markdown.ts';
import { whyWords } from '../routing/words.ts';

/** How a model did of late, by `provider/model`. */
export interface ModelPace {
  /** Milliseconds to the first byte, of half of its requests. */
  readonly firstMs: number | undefined;
  readonly tokensPerSecond: number | undefined;
}

/** What a list of models is made of. Times in milliseconds since the epoch. */
export interface ModelFigures {
  /** By provider, in the order of the settings; a provider that has not answered yet has no list. */
  readonly lists: ReadonlyMap<string, readonly ModelChoice[]>;
  readonly providers: readonly string[];
  /** Providers that need a key and have none. */
  readonly keyless: ReadonlySet<string>;
  /** Aliases, with what they stand for. */
  readonly aliases: readonly { readonly name: string; readonly targets: readonly string[] }[];
  /** `provider/model` that answered of late, the latest first. */
  readonly recent: readonly string[];
  readonly paces: ReadonlyMap<string, ModelPace>;
  readonly health: readonly PlaceHealth[];
  /** What serves the agent now. */
  readonly present: string | undefined;
  readonly now: number;
}

export interface ModelItem {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  /** What is chosen; undefined: the head of a group. */
  readonly reference: string | undefined;
}

/** Those in use of late first, then aliases, then each provider's own; providers without a key come last. */
export function modelItems(figures: ModelFigures): readonly ModelItem[] {
  const known = new Map([...figures.lists.values()].flat().map((model) => [model.reference, model]));
  const marks = marksOf(figures);
  const item = (model: ModelChoice): ModelItem => itemOf(model, figures, marks);
  const recent = figures.recent.map((reference) => known.get(reference) ?? bare(reference));
  const shown = new Set(figures.recent);
  const providers = figures.providers.toSorted((a, b) => Number(figures.keyless.has(a)) - Number(figures.keyless.has(b)));
  return [
    ...group(l10n.t('used of late'), recent.map(item)),
    ...group(
      l10n.t('aliases'),
      figures.aliases.map(({ name, targets }) => ({ ...present(name, figures), description: targets.join(', '), reference: name })),
    ),
    ...providers.flatMap((provider) => {
      const others = (figures.lists.get(provider) ?? []).filter(({ reference }) => !shown.has(reference));
      const head = figures.keyless.has(provider) ? l10n.t('{0}, no key yet', provider) : provider;
      return group(head, others.toSorted((a, b) => Number(isHeld(a, figures)) - Number(isHeld(b, figures))).map(item));
    }),
  ];
}

/** Fewer requests say nothing about a pace. */
const ENOUGH = 3;

/** From usage by provider and model. */
export function pacesOf(rows: readonly UsageRow[]): ReadonlyMap<string, ModelPace> {
  return new Map(
    rows
      .filter(({ requests, errors }) => requests - errors >= ENOUGH)
      .map(({ group: { provider, model }, firstByteP50Ms, tokensPerSecond }) => [
        `${provider}/${model}`,
        { firstMs: firstByteP50Ms, tokensPerSecond },
      ]),
  );
}

interface Marks {
  readonly fastest: string | undefined;
  readonly quickest: string | undefined;
}

/** Only where there is something to compare. */
function marksOf({ paces }: ModelFigures): Marks {
  const most = (score: (pace: ModelPace) => number | undefined): string | undefined => {
    const scored = [...paces].flatMap(([reference, pace]) => {
      const value = score(pace);
      return value === undefined ? [] : [{ reference, value }];
    });
    return scored.length < 2 ? undefined : scored.toSorted((a, b) => b.value - a.value)[0]?.reference;
  };
  return {
    fastest: most(({ tokensPerSecond }) => tokensPerSecond),
    quickest: most(({ firstMs }) => (firstMs === undefined ? undefined : -firstMs)),
  };
}

function itemOf(model: ModelChoice, figures: ModelFigures, marks: Marks): ModelItem {
  const { reference } = model;
  const isRecent = figures.recent.includes(reference);
  return {
    ...present(model.name, figures, reference),
    // Elsewhere the head of the group says whose it is.
    description: [isRecent ? providerOf(reference) : undefined, priceWords(model), contextWords(model)].filter(Boolean).join(' · '),
    detail: [
      healthWords(reference, figures),
      abilityWords(model.name),
      paceWords(figures.paces.get(reference)),
      reference === marks.fastest ? `$(zap) ${l10n.t('the fastest')}` : undefined,
      reference === marks.quickest ? `$(watch) ${l10n.t('the quickest to begin')}` : undefined,
    ]
      .filter(Boolean)
      .join(' · '),
    reference,
  };
}

function present(label: string, { present: served }: ModelFigures, reference = label): Pick<ModelItem, 'label'> {
  return { label: reference === served ? `$(check) ${label}` : label };
}

function priceWords({ inputUsd, outputUsd }: ModelChoice): string {
  if (inputUsd === undefined || outputUsd === undefined) return l10n.t('unpriced');
  if (inputUsd === 0 && outputUsd === 0) return l10n.t('free');
  return l10n.t('{0} in, {1} out per million tokens', `$${inputUsd}`, `$${outputUsd}`);
}

function contextWords({ contextTokens }: ModelChoice): string | undefined {
  if (contextTokens === undefined) return undefined;
  return contextTokens >= 1_000_000
    ? l10n.t('{0}M context', Math.round(contextTokens / 100_000) / 10)
    : l10n.t('{0}k context', Math.round(contextTokens / 1000));
}

function abilityWords(name: string): string | undefined {
  const { tools, images, thinking } = abilitiesOf(name);
  const words = [
    tools === true ? l10n.t('tools') : tools === false ? l10n.t('no tools') : undefined,
    images === true ? l10n.t('images') : images === false ? l10n.t('no images') : undefined,
    thinking === true ? l10n.t('thinking') : undefined,
  ].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join(', ');
}

function paceWords(pace: ModelPace | undefined): string | undefined {
  if (pace === undefined) return undefined;
  const { firstMs, tokensPerSecond } = pace;
  const words = [
    firstMs === undefined ? undefined : l10n.t('begins after {0}', duration(firstMs)),
    tokensPerSecond === undefined ? undefined : l10n.t('{0} tokens a second', count(Math.round(tokensPerSecond))),
  ].filter((word) => word !== undefined);
  return words.length === 0 ? undefined : words.join(', ');
}

/** Of its places: what keeps all of them from being asked, or undefined. */
function heldBy(reference: string, { health }: ModelFigures): PlaceHealth | undefined {
  const places = health.filter(({ provider, model }) => `${provider}/${model}` === reference);
  const held = places.filter(({ state }) => state !== 'well');
  return places.length > 0 && held.length === places.length ? held[0] : undefined;
}

function isHeld(model: ModelChoice, figures: ModelFigures): boolean {
  return heldBy(model.reference, figures) !== undefined;
}

function healthWords(reference: string, figures: ModelFigures): string | undefined {
  const held = heldBy(reference, figures);
  if (held !== undefined) {
    const why = whyWords(held.why, held.status);
    return held.until === undefined || held.state === 'dead'
      ? `$(warning) ${l10n.t('set aside: {0}', why)}`
      : `$(warning) ${l10n.t('resting until {0}: {1}', clockTime(held.until, figures.now), why)}`;
  }
  if (figures.keyless.has(providerOf(reference))) return `$(key) ${l10n.t('no key yet')}`;
  const isKnown = figures.health.some((place) => `${place.provider}/${place.model}` === reference);
  return isKnown ? `$(pass) ${l10n.t('well')}` : undefined;
}

function providerOf(reference: string): string {
  return reference.slice(0, reference.indexOf('/'));
}

/** Not in its provider's list, or that is not there yet. */
function bare(reference: string): ModelChoice {
  return { reference, name: reference.slice(reference.indexOf('/') + 1) };
}

function group(label: string, items: readonly ModelItem[]): readonly ModelItem[] {
  return items.length === 0 ? [] : [{ label, reference: undefined }, ...items];
}
