/** Figures of one Service port in memory that the thread that carries writes and the main thread reads. */
import { Histogram } from '../../../telemetry/metric.ts';
import { type Counting, DIAL_BOUNDS, noCounts } from '../figures.ts';
import type { RelayFigures } from '../relay.ts';

const COUNTS = ['open', 'accepted', 'retries', 'failed', 'refused', 'bytesIn', 'bytesOut'] as const;

/** Numbers have 64 bits at their own alignment: nobody reads half of one. */
export class PortMemory {
  readonly buffer: SharedArrayBuffer;
  readonly counts: Counting = noCounts();
  /** Seconds that endpoints took to answer. */
  readonly dials: Histogram;

  /** The other thread's is made from the `buffer` of the first. */
  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(8 * (COUNTS.length + DIAL_BOUNDS.length + 2));
    const values = new Float64Array(this.buffer);
    this.dials = new Histogram(DIAL_BOUNDS, values.subarray(COUNTS.length));
    for (const [i, name] of COUNTS.entries()) {
      Object.defineProperty(this.counts, name, {
        get: () => values[i],
        set: (value: number) => {
          values[i] = value;
        },
        enumerable: true,
      });
    }
  }

  figures(): Pick<RelayFigures, (typeof COUNTS)[number] | 'dials'> {
    const { counts, sum } = this.dials;
    return { ...this.counts, dials: { bounds: DIAL_BOUNDS, counts: counts.slice(), sum } };
  }
}
