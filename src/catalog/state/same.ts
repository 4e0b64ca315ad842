/** Whether two plain values (texts, numbers, booleans, lists and objects of them) say the same. */
import type { EndpointGroup } from '../endpoint.ts';

/** By value, at any depth. Both must be free of cycles. */
export function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) return Array.isArray(b) && sameList(a, b, same);
  return isObject(a) && isObject(b) && sameFields(a, b);
}

/** Items in the same order, as `sameItem` compares them. */
export function sameList<T>(a: readonly T[], b: readonly T[], sameItem: (a: T, b: T) => boolean): boolean {
  return (
    a.length === b.length &&
    a.every((item, i) => {
      const other = b[i];
      return other !== undefined && sameItem(item, other);
    })
  );
}

/** Ignores `triggeredAt`: a slice that was only written again changes nothing. */
export function sameGroup(a: EndpointGroup, b: EndpointGroup): boolean {
  return a === b || same({ ...a, triggeredAt: 0 }, { ...b, triggeredAt: 0 });
}

function sameFields(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && same(a[name], b[name]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
