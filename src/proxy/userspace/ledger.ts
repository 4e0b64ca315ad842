/**
 * Figures of each Service port. It has several listeners, one for each IP family and set of endpoints, that come and
 * go; its totals never go back as long as one of them is there.
 */
import type { Distribution } from '../../telemetry/metric.ts';
import type { EndpointFigures, RelayFigures } from './relay.ts';

export interface Counted {
  figures(): RelayFigures;
}

interface Port<L> {
  readonly open: Set<L>;
  /** What listeners that closed had counted. */
  closed: RelayFigures | undefined;
}

export class Ledger<L extends Counted> {
  /** By protocol and name. */
  readonly #ports: Map<string, Port<L>> = new Map();

  add(listener: L): void {
    const key = keyOf(listener.figures());
    const port = this.#ports.get(key) ?? { open: new Set(), closed: undefined };
    this.#ports.set(key, port);
    port.open.add(listener);
  }

  /** To be called when nothing is carried by it any more. */
  remove(listener: L): void {
    const last = listener.figures();
    const key = keyOf(last);
    const port = this.#ports.get(key);
    if (port?.open.delete(listener) !== true) return;
    if (port.open.size === 0) this.#ports.delete(key);
    else port.closed = sumOf(port.closed, { ...last, endpoints: [], suspended: [] });
  }

  get open(): readonly L[] {
    return [...this.#ports.values()].flatMap(({ open }) => [...open]);
  }

  figures(): readonly RelayFigures[] {
    return [...this.#ports.values()].flatMap(({ open, closed }) => {
      const [first, ...more] = [
        ...(closed === undefined ? [] : [closed]),
        ...[...open].map((one) => one.figures()),
      ];
      return first === undefined ? [] : [more.reduce<RelayFigures>(sumOf, first)];
    });
  }
}

function keyOf({ name, protocol }: RelayFigures): string {
  return `${protocol} ${name}`;
}

function sumOf(a: RelayFigures | undefined, b: RelayFigures): RelayFigures {
  if (a === undefined) return b;
  return {
    name: b.name,
    protocol: b.protocol,
    open: a.open + b.open,
    accepted: a.accepted + b.accepted,
    retries: a.retries + b.retries,
    failed: a.failed + b.failed,
    refused: a.refused + b.refused,
    bytesIn: a.bytesIn + b.bytesIn,
    bytesOut: a.bytesOut + b.bytesOut,
    suspended: [...new Set([...a.suspended, ...b.suspended])],
    dials: dialsOf(a.dials, b.dials),
    endpoints: endpointsOf([...a.endpoints, ...b.endpoints]),
  };
}

function dialsOf(a: Distribution, b: Distribution): Distribution {
  return {
    bounds: b.bounds,
    counts: b.counts.map((count, i) => count + (a.counts[i] ?? 0)),
    sum: a.sum + b.sum,
  };
}

function endpointsOf(all: readonly EndpointFigures[]): readonly EndpointFigures[] {
  return [...Map.groupBy(all, ({ text }) => text)].map(([text, same]) => ({
    text,
    connections: same.reduce((sum, { connections }) => sum + connections, 0),
    failures: same.reduce((sum, { failures }) => sum + failures, 0),
    dialSeconds: same.reduce((sum, { dialSeconds }) => sum + dialSeconds, 0),
  }));
}
