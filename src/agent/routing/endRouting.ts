/** The order in which routing ends, rules staying where they are. */
import type { Routing } from './routing.ts';

export async function endRouting(routing: Routing): Promise<void> {
  await routing.reconciler.stop();
  await routing.modes.release();
  await routing.syncer.stop();
  await routing.relays.stop();
  await routing.flows.stop();
  await routing.healthPorts?.stop();
}
