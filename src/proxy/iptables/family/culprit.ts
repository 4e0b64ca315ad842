/** Which Services' rules the kernel refuses, when it has refused a restore that held many. */
import { RestoreError } from '../kernel/restore.ts';
import { partOf, type RestoreSession } from '../kernel/session.ts';
import { PROBE_CHAIN } from '../rules/names.ts';
import { ROOTS } from '../rules/roots.ts';
import type { Chain } from '../rules/rule.ts';
import type { ServiceRules } from '../rules/service.ts';
import { ruleText } from '../rules/text.ts';

/** More than this is not the doing of single objects. */
const MOST = 20;

export interface Trial {
  /** Chains that no Service changes: rules of Services jump to some of them. */
  readonly fixed: readonly Chain[];
  readonly keys: readonly string[];
  /** The rules that a Service should have. */
  readonly rulesOf: (key: string) => ServiceRules;
  /** A session of its own for each try. */
  readonly session: () => RestoreSession;
}

/**
 * The refused Services and what iptables said of each; empty when none alone is to blame. Halves are tried until
 * single Services are left: legacy names no line for what its kernel refuses, and nft not always the right one. A
 * try writes the chains of Services as they should be anyway, and the rules that would lead to them into a chain
 * that nothing jumps to, so packets notice none of it.
 */
export async function findRefused(trial: Trial): Promise<ReadonlyMap<string, string>> {
  const refused = new Map<string, string>();
  const search = async (keys: readonly string[]): Promise<void> => {
    const error = await tryOut(trial, keys);
    if (error === undefined || refused.size > MOST) return;
    const [first] = keys;
    if (keys.length === 1 && first !== undefined) refused.set(first, error.reason);
    if (keys.length < 2) return;
    await search(keys.slice(0, keys.length >> 1));
    await search(keys.slice(keys.length >> 1));
  };
  // Where not even a plain rule is taken, the trouble is another one.
  if ((await tryOut(trial, [])) === undefined) await search(trial.keys);
  return refused.size > MOST ? new Map() : refused;
}

/** What the kernel has against these; rejects with what says nothing about them, such as a lock that is held. */
async function tryOut(
  { fixed, rulesOf, session: open }: Trial,
  keys: readonly string[],
): Promise<RestoreError | undefined> {
  const session = open();
  try {
    for (const { table, name, rules } of fixed) session.chain(partOf(table), name, rules.map(ruleText));
    session.chain('nat', PROBE_CHAIN, ['-j RETURN']);
    session.chain('after', PROBE_CHAIN, []);
    for (const key of keys) {
      const { chains, hooks } = rulesOf(key);
      for (const { name, rules } of chains) session.chain('nat', name, rules.map(ruleText));
      for (const { root, entry } of hooks) {
        const part = ROOTS[root].table === 'nat' ? 'nat' : 'after';
        session.line(part, `-A ${PROBE_CHAIN} ${entry.slice(entry.indexOf(' ') + 1)}`);
      }
      await session.pause();
    }
    await session.flush();
    return undefined;
  } catch (error) {
    if (error instanceof RestoreError && error.kind === 'refused') return error;
    throw error;
  } finally {
    await removeProbe(open());
  }
}

async function removeProbe(session: RestoreSession): Promise<void> {
  session.drop('nat', PROBE_CHAIN);
  session.drop('after', PROBE_CHAIN);
  // The next whole sync deletes what is left of it.
  await session.flush().catch(() => undefined);
}
