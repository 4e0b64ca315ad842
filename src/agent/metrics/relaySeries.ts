/** Which Service ports and endpoints have series of their own: each is kept for ever by who scrapes. */
import type { EndpointFigures, RelayFigures } from '../../proxy/userspace/relay.ts';

/** Told one by one, those first that were used first: as many as of connections through rules. */
const MOST_PORTS = 1000;
const MOST_ENDPOINTS = 1000;

export interface ToldEndpoint extends EndpointFigures {
  readonly port: RelayFigures;
}

export class RelaySeries {
  #ports: ReadonlyMap<string, RelayFigures> = new Map();
  #endpoints: ReadonlyMap<string, ToldEndpoint> = new Map();
  /** Connections of ports without series, as they were when last looked at. */
  #untold: ReadonlyMap<string, number> = new Map();
  #others = 0;

  /** Takes over what was counted until now. */
  update(all: readonly RelayFigures[]): void {
    const used = all.filter(({ accepted, refused }) => accepted + refused > 0);
    const ports = new Map(used.map((port) => [keyOf(port), port]));
    this.#ports = chosen(ports, this.#ports, MOST_PORTS);
    const endpoints = [...this.#ports].flatMap(([key, port]) =>
      port.endpoints.map((endpoint) => [`${key} ${endpoint.text}`, { ...endpoint, port }] as const),
    );
    this.#endpoints = chosen(new Map(endpoints), this.#endpoints, MOST_ENDPOINTS);
    const untold = new Map(
      [...ports].flatMap(([key, { accepted }]) => (this.#ports.has(key) ? [] : [[key, accepted]])),
    );
    for (const [key, accepted] of untold) {
      const before = this.#untold.get(key) ?? 0;
      // A port that was closed and opened again counts from zero.
      this.#others += accepted >= before ? accepted - before : accepted;
    }
    this.#untold = untold;
  }

  /** Those that were ever used. */
  get ports(): Iterable<RelayFigures> {
    return this.#ports.values();
  }

  get endpoints(): Iterable<ToldEndpoint> {
    return this.#endpoints.values();
  }

  /** Connections to all ports that have no series, since the start. */
  get others(): number {
    return this.#others;
  }
}

/** One that has a series keeps it; what goes makes room. */
function chosen<T>(
  all: ReadonlyMap<string, T>,
  before: ReadonlyMap<string, T>,
  most: number,
): ReadonlyMap<string, T> {
  const kept = [...all].filter(([key]) => before.has(key));
  const fresh = [...all].filter(([key]) => !before.has(key));
  return new Map([...kept, ...fresh.slice(0, Math.max(0, most - kept.length))]);
}

function keyOf({ name, protocol }: RelayFigures): string {
  return `${protocol} ${name}`;
}
