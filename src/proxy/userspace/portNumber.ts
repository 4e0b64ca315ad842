import { hash } from 'node:crypto';

const FIRST = 1024;
const LAST = 65_535;

/**
 * Ports to try for a listener, in order. Made from what it is for, so that an agent that was killed finds its rules
 * as it needs them; the address is ours alone, so that nobody else has them.
 */
export function* portNumbers(key: string): Generator<number, void> {
  const start = Number.parseInt(hash('sha256', key, 'hex').slice(0, 8), 16);
  const ports = LAST - FIRST + 1;
  for (let i = 0; i < ports; i++) yield FIRST + ((start + i) % ports);
}
