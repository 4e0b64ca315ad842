/**
 * How one agent takes over from another on the control socket, as an HTTP upgrade.
 *
 * The new one asks for `SUCCESSION_PATH?to=NAME`, NAME being a socket of its own in the same folder. The old one gives
 * up everything but names, sends the descriptors of its DNS sockets to NAME, and says which they are, one `Handed` as a
 * line. The new one says `READY` when it answers on them. The connection then lasts as long as both do: its end is how
 * each knows that the other has gone.
 */
import type { SocketName } from '../../host/inheritedSockets.ts';

export const SUCCESSION_PATH = '/succession';
export const SUCCESSION_PROTOCOL = 'fairlead-succession';

export interface Handed {
  /** In the order of the descriptors; empty where names are answered no more. */
  readonly sockets: readonly SocketName[];
}

export const READY = 'ready';
