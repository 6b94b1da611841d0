import { median } from './median.ts';
import type { MemoryFigures } from './measure-memory.ts';
import { WAYS } from './measure-rounds.ts';
import type { RoundFigures, Rounds, Way } from './measure-rounds.ts';
import { BUSY, type RoutingFigures } from './measure-routing.ts';
import type { StartFigures } from './measure-start.ts';
import type { PairFigures } from './measure-translation.ts';
import { SCENARIOS } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';

/** What Gatehouse promises: against the bare relay, memory against itself, translation in microseconds and milliseconds. */
const BARS = { addedLatency: 2, throughput: 0.4, memory: 1.1, eventUs: 10, requestMs: 15, eventGrowth: 2.5, routingUs: 20 };

/** A median over the rounds, and how far the rounds lay apart. */
interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

interface Judged {
  readonly what: string;
  readonly ratio: number;
  readonly bar: string;
  readonly verdict: 'meets' | 'misses';
}

type Metric = 'firstByte' | 'total';

export interface Measured {
  readonly rounds: Rounds | undefined;
  readonly memory: MemoryFigures | undefined;
  readonly start: StartFigures | undefined;
  readonly translation: readonly PairFigures[] | undefined;
  readonly routing: RoutingFigures | undefined;
}

/** The table for a person, and the same for a program. */
export function report({ rounds, memory, start, translation, routing }: Measured): {
  readonly text: string;
  readonly figures: object;
} {
  const judged: Judged[] = [];
  const text: string[] = [];
  const figures: Record<string, object> = {};
  if (rounds !== undefined) {
    const scenarios = SCENARIOS.map((scenario) => ({ scenario, rows: rowsOf(rounds.figures, scenario) }));
    for (const { scenario, rows } of scenarios) text.push(scenarioTable(scenario, rows));
    judged.push(...judgeRounds(rounds.figures));
    text.push(
      `the ledger holds: ${Object.entries(rounds.settled)
        .map(([how, count]) => `${count} ${how}`)
        .join(', ')}\n`,
    );
    figures['scenarios'] = Object.fromEntries(scenarios.map(({ scenario, rows }) => [scenario.id, rows]));
    figures['settled'] = rounds.settled;
  }
  if (memory !== undefined) {
    const growth = Object.fromEntries(
      Object.entries(memory).map(([name, { early, late }]) => [
        name,
        { early, late, rssRatio: late.rss / early.rss, liveRatio: late.live / early.live },
      ]),
    );
    for (const [name, { early, late, rssRatio, liveRatio }] of Object.entries(growth)) {
      text.push(
        `memory ${name}: ${mb(early.rss)} MB after 1,000 requests, ${mb(late.rss)} MB after 20,000 (${rssRatio.toFixed(2)}); ` +
          `live ${mb(early.live)} and ${mb(late.live)} MB (${liveRatio.toFixed(2)})`,
      );
    }
    judged.push(
      atMost('memory held after 20,000 requests (live), against after 1,000', growth['gatehouse']!.liveRatio, BARS.memory),
      atMost('memory of the process after 20,000 requests (RSS), against after 1,000', growth['gatehouse']!.rssRatio, BARS.memory),
    );
    figures['memory'] = growth;
  }
  if (start !== undefined) {
    const starts = Object.fromEntries(
      Object.entries(start).map(([name, list]: [string, StartFigures['gatehouse']]) => [
        name,
        { readyMs: spread(list.map(({ ready }) => ready)), firstRequestMs: spread(list.map(({ firstRequest }) => firstRequest)) },
      ]),
    );
    for (const [name, { readyMs, firstRequestMs }] of Object.entries(starts)) {
      text.push(
        `start ${name}: ${readyMs.median.toFixed(0)} ms to the ready line, first answer after ${firstRequestMs.median.toFixed(1)} ms`,
      );
    }
    figures['start'] = starts;
  }
  if (translation !== undefined) {
    for (const { pair, eventUs, requestMs, event2Ms, event4Ms } of translation) {
      text.push(
        `translation ${pair.padEnd(40)} ${eventUs.toFixed(2).padStart(6)} us an event, ${requestMs.toFixed(1).padStart(5)} ms a request of 1 MB, ` +
          `${event2Ms.toFixed(0)} and ${event4Ms.toFixed(0)} ms an event of 2 and 4 MB`,
      );
    }
    const worst = (figure: (pair: PairFigures) => number) => Math.max(...translation.map(figure));
    judged.push(
      atMost(
        'microseconds to translate an event, slowest pair',
        worst((pair) => pair.eventUs),
        BARS.eventUs,
      ),
      atMost(
        'milliseconds to translate a request of 1 MB, slowest pair',
        worst((pair) => pair.requestMs),
        BARS.requestMs,
      ),
      atMost(
        'an event of 4 MB against one of 2 MB, slowest growth',
        worst((pair) => pair.event4Ms / pair.event2Ms),
        BARS.eventGrowth,
      ),
    );
    figures['translation'] = translation;
  }
  if (routing !== undefined) {
    const { min, max } = spread(routing.addedUs);
    text.push(
      `routing with 20 rules, 10 targets and limits: ${routing.median.toFixed(1)} us of processor time added (${min.toFixed(1)} to ` +
        `${max.toFixed(1)}) to ${routing.plainUs.toFixed(0)}, at ${BUSY.connections} connections`,
    );
    judged.push(
      atMost(
        'microseconds of processor time that 20 rules, 10 targets and limits add to a request',
        routing.median,
        BARS.routingUs,
      ),
    );
    figures['routing'] = routing;
  }
  text.push(
    '',
    ...judged.map(({ what, ratio, bar, verdict }) => `${verdict.padEnd(6)}  ${ratio.toFixed(2).padStart(5)}  (${bar})  ${what}`),
  );
  return { text: text.join('\n'), figures: { bars: judged, ...figures } };
}

interface Row {
  readonly way: Way;
  readonly firstByteMs: Spread;
  readonly totalMs: Spread;
  /** Over direct, round by round. */
  readonly addedFirstByteMs: Spread;
  readonly addedTotalMs: Spread;
  readonly perSecond: Spread;
  /** This way's median over the bare relay's. */
  readonly toBareRelay: { readonly addedFirstByte: number; readonly addedTotal: number; readonly perSecond: number };
}

function rowsOf(figures: RoundFigures, { id }: Scenario): Row[] {
  return WAYS.filter((way) => figures[id][way] !== undefined).map((way) => {
    const perSecond = spread(figures[id][way]!.map((slice) => slice.perSecond));
    return {
      way,
      firstByteMs: spread(figures[id][way]!.map((slice) => slice.firstByte)),
      totalMs: spread(figures[id][way]!.map((slice) => slice.total)),
      addedFirstByteMs: added(figures, id, way, 'firstByte'),
      addedTotalMs: added(figures, id, way, 'total'),
      perSecond,
      toBareRelay: {
        addedFirstByte: addedRatio(figures, id, way, 'firstByte'),
        addedTotal: addedRatio(figures, id, way, 'total'),
        perSecond: perSecond.median / median(figures[id]['bare relay']!.map((slice) => slice.perSecond)),
      },
    };
  });
}

function judgeRounds(figures: RoundFigures): Judged[] {
  const added = (id: Scenario['id'], metric: Metric) => addedRatio(figures, id, 'gatehouse', metric);
  const throughput = (id: Scenario['id']) =>
    median(figures[id]['gatehouse']!.map((slice) => slice.perSecond)) /
    median(figures[id]['bare relay']!.map((slice) => slice.perSecond));
  return [
    atMost('added latency of whole answers, against the bare relay', added('whole-1', 'total'), BARS.addedLatency),
    atMost('added latency to the first byte of streams, against the bare relay', added('stream-1', 'firstByte'), BARS.addedLatency),
    atLeast('whole answers a second at 64 connections, against the bare relay', throughput('whole-64'), BARS.throughput),
    atLeast('streams a second at 64 connections, against the bare relay', throughput('stream-64'), BARS.throughput),
  ];
}

function atMost(what: string, ratio: number, bar: number): Judged {
  return { what, ratio, bar: `at most ${bar}`, verdict: ratio <= bar ? 'meets' : 'misses' };
}

function atLeast(what: string, ratio: number, bar: number): Judged {
  return { what, ratio, bar: `at least ${bar}`, verdict: ratio >= bar ? 'meets' : 'misses' };
}

function added(figures: RoundFigures, id: Scenario['id'], way: Way, metric: Metric): Spread {
  const direct = figures[id].direct!;
  return spread(figures[id][way]!.map((slice, round) => slice[metric] - direct[round]![metric]));
}

function addedRatio(figures: RoundFigures, id: Scenario['id'], way: Way, metric: Metric): number {
  return added(figures, id, way, metric).median / added(figures, id, 'bare relay', metric).median;
}

function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

function scenarioTable({ label, connections }: Scenario, rows: readonly Row[]): string {
  const head = ['', 'first byte ms', 'total ms', 'added first byte', 'added total', 'requests/s', 'added/bare', 'per s/bare'];
  const lines = rows.map(({ way, ...row }) => [
    way,
    ms(row.firstByteMs),
    ms(row.totalMs),
    way === 'direct' ? '' : ms(row.addedFirstByteMs),
    way === 'direct' ? '' : ms(row.addedTotalMs),
    `${row.perSecond.median.toFixed(0)} (${row.perSecond.min.toFixed(0)}-${row.perSecond.max.toFixed(0)})`,
    way === 'direct' || connections > 1
      ? ''
      : `${row.toBareRelay.addedFirstByte.toFixed(2)}, ${row.toBareRelay.addedTotal.toFixed(2)}`,
    row.toBareRelay.perSecond.toFixed(2),
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...lines].map((line) => line[column]!.length)));
  const aligned = [head, ...lines].map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  return [`${label} (median of rounds, smallest and largest in brackets)`, ...aligned, ''].join('\n');
}

function ms({ median, min, max }: Spread): string {
  return `${median.toFixed(3)} (${min.toFixed(3)}-${max.toFixed(3)})`;
}

function mb(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
