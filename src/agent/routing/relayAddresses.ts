/** The addresses on this machine's loopback link that relays listen on. */
import { messageOf } from '../../errors/caught.ts';
import type { LoopbackAddresses } from '../../host/addresses.ts';
import type { Clock } from '../../host/clock.ts';
import type { Family } from '../../net/ip.ts';
import { RELAY_ADDRESSES } from '../../proxy/userspace/addresses.ts';
import type { Log } from '../../telemetry/log.ts';

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

export interface RelayAddresses {
  /**
   * Puts the address of a family there when it is asked for first, and keeps one that an agent before left there. Gives
   * `undefined` where it cannot.
   */
  of(family: Family): Promise<string | undefined>;
  /** Families whose address was asked for and cannot be had, and why, one line each. */
  missing(): readonly string[];
}

/** A family that failed is tried again after a minute at the earliest. */
export function relayAddresses({ loopback, clock, log }: RelayAddressesHost): RelayAddresses {
  const asked = new Map<Family, Asked>();
  const reasons = new Map<Family, string>();
  const add = async (family: Family): Promise<string | undefined> => {
    const address = RELAY_ADDRESSES[family];
    try {
      const present = await loopback.list();
      if (!present.some((one) => one.address === address)) await loopback.add(address);
      reasons.delete(family);
      return address;
    } catch (error) {
      reasons.set(family, messageOf(error));
      log.warn({ error, family, address }, 'the kernel routes Services: there is no address for relays');
      return undefined;
    }
  };
  return {
    async of(family) {
      const before = asked.get(family);
      const known = await before?.address;
      if (known !== undefined) return known;
      const last = asked.get(family);
      if (last !== undefined && (last !== before || clock.monotonic() - last.at < RETRY_MS))
        return last.address;
      const address = add(family);
      asked.set(family, { at: clock.monotonic(), address });
      return address;
    },
    missing: () => [...reasons].map(([family, reason]) => `${family}: ${reason}`),
  };
}

/** Takes them away, those that a killed agent left as well. */
export async function removeRelayAddresses(
  loopback: Pick<LoopbackAddresses, 'list' | 'remove'>,
): Promise<void> {
  for (const { address, ours } of await loopback.list()) if (ours) await loopback.remove(address);
}
