import type { Picture } from '../../catalog/picture.ts';

/** Endpoints of all Services; those of two slices count twice. */
export function countEndpoints(picture: Picture): number {
  let count = 0;
  for (const { groups } of picture.services.values()) {
    for (const group of groups) count += group.endpoints.length;
  }
  return count;
}
