/** What reconciliation did, for whoever shows it. */
import type { Family } from '../../net/ip.ts';
import { exponentialBounds, Histogram } from '../../telemetry/metric.ts';

const BOUNDS = exponentialBounds(0.001, 2, 15);

export interface FamilyCount {
  readonly seconds: Histogram;
  deleted: number;
}

export class ConntrackCounters {
  readonly #families = new Map<Family, FamilyCount>();

  of(family: Family): FamilyCount {
    const found = this.#families.get(family) ?? { seconds: new Histogram(BOUNDS), deleted: 0 };
    this.#families.set(family, found);
    return found;
  }
}
