import { vi } from 'vitest';

/**
 * Asks again until it holds. The limit is for what never comes true: a busy machine may take long over what is there
 * in a moment elsewhere, and no test fails on a time.
 */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { interval: 10, timeout: 50_000 });
}
