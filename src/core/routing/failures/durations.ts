/** In milliseconds. Go writes the small ones: Groq's and OpenAI's reset headers come from there. */
const UNITS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};

const STEP = /(\d+(?:\.\d+)?|\.\d+)(d|h|ms|m|s|us|µs|ns)/y;

/**
 * A span of time as providers write it: `1s`, `6m0s`, `20ms`, `1h2m3.5s`, or plain seconds (`12`, `0.5`). Whole milliseconds,
 * rounded up, because it is for waiting; undefined for anything else, a negative number included.
 */
export function durationMs(text: string): number | undefined {
  const trimmed = text.trim();
  if (/^(?:\d+(?:\.\d*)?|\.\d+)$/.test(trimmed)) return wholeMs(Number(trimmed) * 1000);
  let total = 0;
  let at = 0;
  while (at < trimmed.length) {
    STEP.lastIndex = at;
    const step = STEP.exec(trimmed);
    if (step === null) return undefined;
    total += Number(step[1]) * (UNITS[step[2] ?? ''] ?? Number.NaN);
    at = STEP.lastIndex;
  }
  return trimmed === '' ? undefined : wholeMs(total);
}

/** 2.007 s is 2007.0000000000002 in binary, and would become 2008. */
function wholeMs(milliseconds: number): number | undefined {
  return Number.isFinite(milliseconds) ? Math.ceil(Math.round(milliseconds * 1e6) / 1e6) : undefined;
}
