import { randomBytes } from 'node:crypto';
import type { Clock, Log, LogFields, Random, Timers } from '../core/ports.ts';

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

export const systemTimers: Timers = {
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return { cancel: () => clearTimeout(timer), refresh: () => void timer.refresh() };
  },
};

export const systemRandom: Random = { bytes: (size) => randomBytes(size), fraction: () => Math.random() };

export type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** A log over one writing function. Line breaks, control characters and marks of direction in values cannot forge a line. */
export function logTo(write: (level: LogLevel, line: string) => void): Log {
  const at = (level: LogLevel) => (message: string, fields?: LogFields) => write(level, oneLine(message, fields));
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
}

function oneLine(message: string, fields: LogFields = {}): string {
  const pairs = Object.entries(fields).filter(([, value]) => value !== undefined);
  const text = [message, ...pairs.map(([name, value]) => `${name}=${String(value)}`)].join(' ');
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
}
