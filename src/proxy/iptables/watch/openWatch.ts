/** Watching over our rules with what this machine has. */
import type { Clock } from '../../../host/clock.ts';
import type { StartCompanion } from '../../../host/companion.ts';
import type { Exec } from '../../../host/exec.ts';
import type { Tools } from '../kernel/tools.ts';
import { DestructionWatch, type Watch } from './destructionWatch.ts';
import type { OwnWrites } from './ownWrites.ts';
import { PollWatch } from './poll.ts';

export interface WatchHost {
  readonly exec: Exec;
  readonly clock: Clock;
  readonly tools: readonly Tools[];
  readonly own: OwnWrites;
  readonly companion: StartCompanion;
}

/** To be called once our rules are in. */
export async function openWatch(host: WatchHost, onForeign: (what: string) => void): Promise<Watch> {
  const { exec, clock, tools, own, companion } = host;
  const legacy = tools.some(({ variant }) => variant === 'legacy');
  const { code } = legacy ? { code: 1 } : await exec.run(['nft', '--version']);
  if (code !== 0) return new PollWatch({ clock, companion, tools, onForeign });
  return new DestructionWatch({
    clock,
    companion,
    families: tools.map(({ family }) => family),
    own,
    onForeign,
  });
}
