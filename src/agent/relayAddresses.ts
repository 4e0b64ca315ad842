/** The addresses on this machine's loopback link that relays listen on. */
import type { LoopbackAddresses } from '../host/addresses.ts';
import type { Clock } from '../host/clock.ts';
import type { Family } from '../net/ip.ts';
import { RELAY_ADDRESSES } from '../proxy/userspace/addresses.ts';
import type { Log } from '../telemetry/log.ts';

/** A machine without a family does not get it in between; asking starts a program for each of its Services. */
const RETRY_MS = 60_000;

export interface RelayAddressesHost {
  readonly loopback: Pick<LoopbackAddresses, 'list' | 'add'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly log: Log;
}

interface Asked {
  readonly at: number;
  readonly address: Promise<string | undefined>;
}

/**
 * Puts the address of a family there when it is asked for first, and keeps one that an agent before left there. Gives
 * `undefined` where it cannot.
 */
export function relayAddresses({
  loopback,
  clock,
  log,
}: RelayAddressesHost): (family: Family) => Promise<string | undefined> {
  const asked = new Map<Family, Asked>();
  const add = async (family: Family): Promise<string | undefined> => {
    const address = RELAY_ADDRESSES[family];
    try {
      const present = await loopback.list();
      if (!present.some((one) => one.address === address)) await loopback.add(address);
      return address;
    } catch (error) {
      log.warn({ error, family, address }, 'the kernel routes Services: there is no address for relays');
      return undefined;
    }
  };
  return async (family) => {
    const before = asked.get(family);
    const known = await before?.address;
    if (known !== undefined) return known;
    const last = asked.get(family);
    if (last !== undefined && (last !== before || clock.monotonic() - last.at < RETRY_MS))
      return last.address;
    const address = add(family);
    asked.set(family, { at: clock.monotonic(), address });
    return address;
  };
}

/** Takes them away, those that a killed agent left as well. */
export async function removeRelayAddresses(
  loopback: Pick<LoopbackAddresses, 'list' | 'remove'>,
): Promise<void> {
  for (const { address, ours } of await loopback.list()) if (ours) await loopback.remove(address);
}
