import type { Log, LogFields } from '../core/ports.ts';
import { redactText } from '../core/wire/redact.ts';

const LONGEST = 500;

/**
 * What is told of something that was thrown. Its words only: libraries hang whole requests on their errors, keys included, and some put
 * what they could not read into the words themselves.
 */
export function faultText(error: unknown, secrets: readonly string[]): string {
  const text = error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error);
  return redactText(text, secrets).slice(0, LONGEST);
}

/** Warnings and errors may quote what was thrown: keys are taken out of them. What is below is written by hand. */
export function logWithout(secrets: () => readonly string[], log: Log): Log {
  const clean = (text: string): string => redactText(text, secrets());
  const at = (level: 'warn' | 'error') => (message: string, fields?: LogFields) =>
    log[level](clean(message), cleanFields(fields, clean));
  return {
    error: at('error'),
    warn: at('warn'),
    info: (message, fields) => log.info(message, fields),
    debug: (message, fields) => log.debug(message, fields),
  };
}

function cleanFields(fields: LogFields = {}, clean: (text: string) => string): LogFields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, typeof value === 'string' ? clean(value) : value]),
  );
}
