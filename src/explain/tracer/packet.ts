/** What is traced, and where: the first packet of a connection, on a machine. */

export interface Packet {
  /** Addresses are canonical. */
  readonly source: string;
  readonly destination: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  readonly sourcePort?: number;
  /** Interface by which it comes; `undefined` when this machine makes it. */
  readonly entersBy: string | undefined;
}

/** What rules ask that no rule tells. */
export interface Machine {
  /** Canonical; loopback's need not be told. */
  readonly addresses: readonly string[];
  /** Interface by which packets to an address leave; without it, a rule that asks for one is an error. */
  readonly route?: (destination: string) => string | undefined;
  /** Lists of xt_recent that hold the packet's source: those of the endpoints that affinity remembers for it. */
  readonly remembered?: ReadonlySet<string>;
  /** Contents of ipsets by name, an address or `ADDRESS,PROTOCOL:PORT` each. */
  readonly sets?: ReadonlyMap<string, ReadonlySet<string>>;
}

export function isLocal(machine: Machine, address: string): boolean {
  return address.startsWith('127.') || address === '::1' || machine.addresses.includes(address);
}
