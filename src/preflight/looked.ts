/** What a look at one thing gave: preflight goes on where something cannot be seen, and says so. */

export type Looked<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string };

export const ABSENT = { kind: 'absent' } as const;

export function found<T>(value: T): Looked<T> {
  return { kind: 'found', value };
}

/** It could not be looked at; `why` is one line for a person. */
export function unknown(why: string): Looked<never> {
  return { kind: 'unknown', why };
}

/** The value, where there is one. */
export function valueOf<T>(looked: Looked<T>): T | undefined {
  return looked.kind === 'found' ? looked.value : undefined;
}
