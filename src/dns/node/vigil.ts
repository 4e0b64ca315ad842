/** When to look whether our rules are still there. */
import type { Clock } from '../../host/clock.ts';
import type { RulePrograms } from '../../netfilter/holding.ts';
import type { RuleWatch } from '../../netfilter/ruleWatch.ts';
import { Vigil } from '../../netfilter/vigil.ts';
import type { Log } from '../../telemetry/log.ts';
import { holdingOf } from './holding.ts';

const INTERVAL_MS = 60_000;

export interface VigilHost {
  readonly clock: Clock;
  readonly log: Log;
  readonly programs: readonly RulePrograms[];
  /** Tells when others remove our rules; without it they are missed for up to a minute. */
  readonly watch?: Pick<RuleWatch, 'add'>;
}

/** Begun. `look` must not reject. */
export function keepVigil({ clock, log, programs, watch }: VigilHost, look: () => Promise<void>): Vigil {
  const vigil = new Vigil({
    clock,
    interval: () => INTERVAL_MS,
    look,
    watch: async (onForeign) =>
      programs.length === 0 ? undefined : watch?.add(holdingOf(programs, onForeign)),
    onUnwatched: (error) => {
      log.warn({ error }, 'nothing watches over the DNS rules: they are looked at every minute');
    },
  });
  vigil.start();
  return vigil;
}
