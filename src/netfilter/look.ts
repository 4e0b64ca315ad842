/** One look at the lasting rules of holdings, in shell. */
import type { Holding } from './holding.ts';

/** After the rules that a look has shown. */
export const END = '.';

/** Carries out each look that it reads, a line each. */
export const SCRIPT: string = `while read -r look; do eval "$look"; echo ${END}; done 2>/dev/null`;

/**
 * A chain costs 3 ms on nft however many there are; on legacy a chain costs as much as all, so there all are asked
 * for, once for all holdings.
 */
export function lookAt(holdings: readonly Holding[]): string {
  const lines = holdings.map(({ lasting }) => lasting.lines.source).join('|');
  const commands = holdings.flatMap(({ programs, lasting }) =>
    programs.flatMap(({ variant, iptables, save }) =>
      variant === 'legacy' ? [save] : Object.entries(lasting.chains).flatMap(listing(iptables)),
    ),
  );
  return `{ ${[...new Set(commands)].join('; ')}; } | grep -E '${lines}'`;
}

function listing(iptables: string): (entry: readonly [string, readonly string[]]) => readonly string[] {
  return ([table, chains]) => chains.map((chain) => `${iptables} -t ${table} -S ${chain}`);
}
