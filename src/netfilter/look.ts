/** One look at the lasting rules of holdings. */
import type { Look } from '../host/looks/look.ts';
import type { Holding, RulePrograms } from './holding.ts';

type Argv = Look['commands'][number];

/**
 * A chain costs 3 ms on nft however many there are; on legacy a chain costs as much as all, so there all are asked
 * for, once for all holdings.
 */
export function lookAt(holdings: readonly Holding[]): Look {
  const commands = holdings.flatMap(({ programs, lasting }) =>
    programs.flatMap((one) =>
      one.variant === 'legacy' ? [[one.save] as const] : listings(one, lasting.chains),
    ),
  );
  const different = new Map(commands.map((argv) => [argv.join(' '), argv]));
  return {
    commands: [...different.values()],
    lines: holdings.map(({ lasting }) => lasting.lines.source).join('|'),
  };
}

function listings({ iptables }: RulePrograms, chains: Readonly<Record<string, readonly string[]>>): Argv[] {
  return Object.entries(chains).flatMap(([table, names]) =>
    names.map((chain): Argv => [iptables, '-t', table, '-S', chain]),
  );
}
