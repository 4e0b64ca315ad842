/** Addresses that we put on the loopback link, told apart from everybody else's. */
import { canonicalIP, familyOf } from '../net/ip.ts';
import type { Exec } from './exec.ts';

export interface LoopbackAddress {
  /** Canonical. */
  readonly address: string;
  /** It bears our mark: we put it there, now or before a restart. */
  readonly ours: boolean;
}

/** All reject with what `ip` said. */
export interface LoopbackAddresses {
  list(): Promise<readonly LoopbackAddress[]>;
  /** Puts it there with our mark; it must not be there yet. */
  add(address: string): Promise<void>;
  remove(address: string): Promise<void>;
}

/** Whose an address is. IPv6 addresses have no label; any metric marks them, and decides nothing on loopback (4.18). */
const MARKS = {
  dns: { label: 'lo:fairlead', metric: 1053 },
  relay: { label: 'lo:fairlead-r', metric: 1054 },
} as const;

export type AddressOwner = keyof typeof MARKS;
const TIMEOUT_MS = 10_000;

export function loopbackAddresses(exec: Exec, owner: AddressOwner = 'dns'): LoopbackAddresses {
  const ip = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await exec.run(['ip', ...args], { timeoutMs: TIMEOUT_MS });
    if (code === 0) return stdout;
    throw new Error(`ip ${args.join(' ')}: ${stderr.trim() || `exit code ${code}`}`);
  };
  return {
    async list() {
      return parse(await ip('-json', 'address', 'show', 'dev', 'lo'), owner);
    },
    async add(address) {
      await ip('address', 'add', prefix(address), 'dev', 'lo', ...marks(address, owner));
    },
    async remove(address) {
      await ip('address', 'delete', prefix(address), 'dev', 'lo');
    },
  };
}

function prefix(address: string): string {
  return `${address}/${familyOf(address) === 'IPv4' ? 32 : 128}`;
}

/**
 * Neither family's address may become the source of the node's other traffic: hence scope host, and preferred for
 * no time. `nodad`, because an address that is still being checked for duplicates cannot be bound.
 */
function marks(address: string, owner: AddressOwner): readonly string[] {
  return familyOf(address) === 'IPv4'
    ? ['label', MARKS[owner].label, 'scope', 'host']
    : ['nodad', 'preferred_lft', '0', 'metric', String(MARKS[owner].metric)];
}

function parse(json: string, owner: AddressOwner): LoopbackAddress[] {
  const links: unknown = JSON.parse(json);
  return list(links)
    .flatMap((link) => list(link['addr_info']))
    .flatMap(({ local, label, metric }) => {
      const address = typeof local === 'string' ? canonicalIP(local) : undefined;
      return address === undefined
        ? []
        : [{ address, ours: label === MARKS[owner].label || metric === MARKS[owner].metric }];
    });
}

/** The objects of a JSON array; `ip` prints an empty one for a link without what was asked for. */
function list(value: unknown): Record<string, unknown>[] {
  const isObject = (item: unknown): item is Record<string, unknown> =>
    typeof item === 'object' && item !== null;
  return Array.isArray(value) ? value.filter(isObject) : [];
}
