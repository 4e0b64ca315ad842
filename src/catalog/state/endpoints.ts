/** Endpoints of every Service: from its slices, or from Endpoints objects where it has no slice. */
import type { EndpointGroup } from '../endpoint.ts';
import { GroupTable } from './groups.ts';

export class EndpointTable {
  readonly #slices = new GroupTable();
  /** Made from Endpoints objects. Their names hold a colon, so a key is never in both tables. */
  readonly #fallback = new GroupTable();
  readonly #changed = new Set<string>();

  /** Lists keep their identity while nothing in them differs. */
  of(serviceKey: string): readonly EndpointGroup[] {
    const slices = this.#slices.of(serviceKey);
    return slices.length > 0 ? slices : this.#fallback.of(serviceKey);
  }

  has(sliceKey: string): boolean {
    return this.#slices.has(sliceKey) || this.#fallback.has(sliceKey);
  }

  put(sliceKey: string, serviceKey: string, group: EndpointGroup, fromEndpoints: boolean): void {
    const table = fromEndpoints ? this.#fallback : this.#slices;
    for (const key of table.put(sliceKey, serviceKey, group)) this.#changed.add(key);
  }

  remove(sliceKey: string, name: string): void {
    for (const table of [this.#slices, this.#fallback]) {
      for (const key of table.remove(sliceKey, name)) this.#changed.add(key);
    }
  }

  /** Adds the Services whose endpoints may differ since the last call. */
  settle(changed: Set<string>): void {
    for (const key of this.#changed) changed.add(key);
    this.#changed.clear();
  }
}
