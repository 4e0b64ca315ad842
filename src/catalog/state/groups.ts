/** Endpoint groups by Service, in byte order of their slices' names. */
import type { EndpointGroup } from '../endpoint.ts';
import { sameGroup } from './same.ts';

const NONE: readonly EndpointGroup[] = Object.freeze([]);

export class GroupTable {
  /** By Service. The lists are never changed, only replaced: entries of the picture hold them. */
  readonly #groups = new Map<string, readonly EndpointGroup[]>();
  /** Service of each slice; both as `namespace/name`. */
  readonly #serviceOf = new Map<string, string>();

  of(serviceKey: string): readonly EndpointGroup[] {
    return this.#groups.get(serviceKey) ?? NONE;
  }

  has(sliceKey: string): boolean {
    return this.#serviceOf.has(sliceKey);
  }

  /** Returns the Services whose groups differ now: two when a slice has moved from one to another. */
  put(sliceKey: string, serviceKey: string, group: EndpointGroup): readonly string[] {
    const moved = this.#serviceOf.get(sliceKey) === serviceKey ? [] : this.remove(sliceKey, group.name);
    const groups = this.of(serviceKey);
    const i = groups.findIndex((other) => other.name >= group.name);
    const before = groups[i]?.name === group.name ? groups[i] : undefined;
    if (before !== undefined && sameGroup(before, group)) return moved;
    this.#serviceOf.set(sliceKey, serviceKey);
    this.#groups.set(
      serviceKey,
      spliced(groups, i < 0 ? groups.length : i, before === undefined ? 0 : 1, group),
    );
    return [...moved, serviceKey];
  }

  remove(sliceKey: string, name: string): readonly string[] {
    const serviceKey = this.#serviceOf.get(sliceKey);
    if (serviceKey === undefined) return [];
    this.#serviceOf.delete(sliceKey);
    const left = this.of(serviceKey).filter((group) => group.name !== name);
    // Services come and go for years: an empty list left behind for each would add up.
    if (left.length === 0) this.#groups.delete(serviceKey);
    else this.#groups.set(serviceKey, left);
    return [serviceKey];
  }
}

function spliced(
  groups: readonly EndpointGroup[],
  at: number,
  replaced: number,
  group: EndpointGroup,
): readonly EndpointGroup[] {
  return [...groups.slice(0, at), group, ...groups.slice(at + replaced)];
}
