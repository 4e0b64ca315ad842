/** What is relayed, as `fairlead status` tells it. */
import type { RelayFigures } from '../../proxy/userspace/relay.ts';

export interface RelayStatus {
  /** Services with a port that is relayed, or that connections are still carried for. */
  readonly services: number;
  /** Connections and UDP sessions now, and how many there may be. */
  readonly open: number;
  readonly maxOpen: number;
  /** Of the ports below and all others, since each was opened. */
  readonly accepted: number;
  readonly retries: number;
  readonly failed: number;
  readonly refused: number;
  /** Endpoints that keep failing and are tried last. */
  readonly triedLast: readonly { readonly port: string; readonly endpoint: string }[];
  /** The busiest, at most a hundred. */
  readonly ports: readonly RelayedPort[];
}

export interface RelayedPort {
  /** `namespace/name:port` */
  readonly port: string;
  readonly protocol: string;
  readonly open: number;
  readonly accepted: number;
  readonly retries: number;
  readonly failed: number;
  readonly refused: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A person reads them, and a cluster may have ten thousand. */
const MOST_PORTS = 100;

/** `undefined` where nothing is relayed. */
export function relayStatusOf(figures: readonly RelayFigures[], maxOpen: number): RelayStatus | undefined {
  if (figures.length === 0) return undefined;
  const sum = (key: 'open' | 'accepted' | 'retries' | 'failed' | 'refused'): number =>
    figures.reduce((total, port) => total + port[key], 0);
  return {
    services: new Set(figures.map(({ name }) => name.split(':')[0])).size,
    open: sum('open'),
    maxOpen,
    accepted: sum('accepted'),
    retries: sum('retries'),
    failed: sum('failed'),
    refused: sum('refused'),
    triedLast: figures.flatMap(({ name, suspended }) =>
      suspended.map((endpoint) => ({ port: name, endpoint })),
    ),
    ports: figures
      .toSorted((a, b) => b.open - a.open || b.accepted - a.accepted || (a.name < b.name ? -1 : 1))
      .slice(0, MOST_PORTS)
      .map(portOf),
  };
}

function portOf({ name, protocol, ...counts }: RelayFigures): RelayedPort {
  const { open, accepted, retries, failed, refused, bytesIn, bytesOut } = counts;
  return { port: name, protocol, open, accepted, retries, failed, refused, bytesIn, bytesOut };
}
