import { BODY_FAULTS } from './body-faults.ts';
import type { Fault } from './fault.ts';
import { LIMIT_FAULTS } from './limit-faults.ts';
import { REFUSAL_FAULTS } from './refusal-faults.ts';
import { TRANSPORT_FAULTS } from './transport-faults.ts';

/** Everything that a provider is known to do wrong. */
export const FAULTS: readonly Fault[] = [...TRANSPORT_FAULTS, ...BODY_FAULTS, ...LIMIT_FAULTS, ...REFUSAL_FAULTS];

export function faultNamed(name: string): Fault {
  const found = FAULTS.find((fault) => fault.name === name);
  if (found === undefined) throw new TypeError(`there is no fault called "${name}"`);
  return found;
}
