/** The kernel's limits of connection tracking, set as kube-proxy sets them. */
import { errorOf } from '../errors/caught.ts';
import type { Sysctl } from '../host/sysctl.ts';
import type { Log } from '../telemetry/log.ts';
import type { SyncListener } from './syncer.ts';

/** Times are seconds; 0, and `false`, leave the kernel's own. */
export interface ConntrackLimits {
  readonly maxPerCore: number;
  /** Of `maxPerCore` times the cores. */
  readonly min: number;
  readonly tcpEstablished: number;
  readonly tcpCloseWait: number;
  readonly tcpBeLiberal: boolean;
  readonly udp: number;
  readonly udpStream: number;
}

export interface ConntrackLimitsOptions {
  readonly limits: ConntrackLimits;
  readonly cores: number;
  readonly sysctl: Sysctl;
  /** Parameters of kernel modules, as `nf_conntrack.hashsize`. */
  readonly modules: Sysctl;
  readonly log: Log;
}

/** Wins over the minimum: beyond it the table costs more memory than a node of many cores gains. */
const MOST_ENTRIES = 1_048_576;
const HASH_SIZE = 'nf_conntrack.hashsize';
const PREFIX = 'net.netfilter.nf_conntrack_';

/** Applied at the start, and once more when the first rules have loaded a module that was not there then. */
export class ConntrackTuning implements SyncListener {
  readonly #options: ConntrackLimitsOptions;
  #absent = false;

  constructor(options: ConntrackLimitsOptions) {
    this.#options = options;
  }

  /** The kernel's parameters as they are once the limits are applied. */
  get applied(): Sysctl {
    const { limits, cores, sysctl } = this.#options;
    const wanted = parametersOf(limits, cores);
    return {
      async read(name) {
        return wanted.get(name)?.toString() ?? (await sysctl.read(name));
      },
      write: (name, value) => sysctl.write(name, value),
    };
  }

  /** Writes what differs. What the kernel refuses is told in one line, and is no error: rules work without it. */
  async apply(): Promise<void> {
    const { limits, cores, sysctl, modules, log } = this.#options;
    const wanted = parametersOf(limits, cores);
    const refused: string[] = [];
    let absent = 0;
    for (const [name, value] of wanted) {
      const outcome = await write(sysctl, name, value);
      if (outcome === 'absent') absent += 1;
      else if (outcome !== 'done') refused.push(outcome.message);
    }
    const entries = wanted.get(`${PREFIX}max`);
    if (entries !== undefined) refused.push(...(await this.#widen(modules, Math.floor(entries / 4))));
    this.#absent = absent > 0;
    if (refused.length > 0) {
      log.info({ refused }, 'some limits of connection tracking stay as the machine has them');
    }
  }

  /** The first rules load the kernel's module, where none was there at the start. */
  synced(): void {
    if (!this.#absent) return;
    this.#absent = false;
    void this.apply().then(() => {
      // Never a third time: what is absent now is not in this kernel.
      this.#absent = false;
    });
  }

  /** Lists of more than four entries in a bucket would make every packet slower. */
  async #widen(modules: Sysctl, buckets: number): Promise<readonly string[]> {
    const size = Number((await modules.read(HASH_SIZE)) ?? buckets);
    if (size >= buckets) return [];
    const outcome = await write(modules, HASH_SIZE, buckets);
    return outcome instanceof Error ? [outcome.message] : [];
  }
}

/** Names and values of what is to be set. */
export function parametersOf(limits: ConntrackLimits, cores: number): ReadonlyMap<string, number> {
  const { maxPerCore, min, tcpEstablished, tcpCloseWait, tcpBeLiberal, udp, udpStream } = limits;
  const entries = maxPerCore === 0 ? 0 : Math.min(MOST_ENTRIES, Math.max(min, maxPerCore * cores));
  const all: readonly (readonly [name: string, value: number])[] = [
    ['max', entries],
    ['tcp_timeout_established', tcpEstablished],
    ['tcp_timeout_close_wait', tcpCloseWait],
    ['tcp_be_liberal', tcpBeLiberal ? 1 : 0],
    ['udp_timeout', udp],
    ['udp_timeout_stream', udpStream],
  ];
  return new Map(all.filter(([, value]) => value > 0).map(([name, value]) => [PREFIX + name, value]));
}

/** Only where it differs, since /proc/sys is read-only in most containers. */
async function write(sysctl: Sysctl, name: string, value: number): Promise<'done' | 'absent' | Error> {
  const now = await sysctl.read(name);
  if (now === undefined) return 'absent';
  if (Number(now) === value) return 'done';
  try {
    await sysctl.write(name, String(value));
    return 'done';
  } catch (error) {
    return errorOf(error);
  }
}
