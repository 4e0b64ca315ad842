/** A source that has not been read whole: why, and for how long a command that ends waits for it. */
import { type Clock, sleep } from '../../host/clock.ts';
import type { Source } from '../../kube/source.ts';

/** One line: what keeps the source from being read, else what of it is missing. */
export function whyUnread(source: Pick<Source, 'state'>): string {
  const kinds = source.state().filter(({ synced }) => !synced);
  const failing = kinds.find(({ error }) => error !== '');
  return failing?.error ?? `reading ${kinds.map(({ kind }) => kind).join(', ')}`;
}

/**
 * What to tell when a source is given up after `limitMs`, with `why` as of then. Never resolves where that is empty by
 * then: what comes after has limits of its own.
 */
export async function givenUp(clock: Clock, limitMs: number, why: () => string): Promise<Error> {
  await sleep(clock, limitMs);
  const reason = why();
  if (reason === '') return new Promise(() => undefined);
  return new Error(`given up after ${limitMs / 1000} s (--source-timeout): ${reason}`);
}
