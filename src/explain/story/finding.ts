/** One thing that is found wrong, or worth knowing, about a Service. */

/** A word each for programs; it says what is wrong, and stays the same when texts are put better. */
export const CAUSES = [
  'not-read',
  'no-such-service',
  'no-such-port',
  'no-such-address',
  'not-a-service-name',
  'ambiguous',
  'unusable',
  'partly-unusable',
  'other-proxy',
  'no-address',
  'alias-unresolved',
  'no-slice',
  'no-selector',
  'no-pods',
  'other-family',
  'port-mismatch',
  'not-ready',
  'terminating',
  'no-local-endpoint',
  'routing-off',
  'rules-refused',
  'rules-changed',
  'rules-late',
  'no-rule',
  'astray',
  'rejected',
  'dropped',
  'source-range',
  'not-followed',
  'other-node',
  'refused',
  'no-answer',
  'some-fail',
  'pinned',
  'node-cannot-connect',
  'name-unanswered',
  'name-late',
  'stale-connections',
] as const;

export type Cause = (typeof CAUSES)[number];

export interface Finding {
  readonly cause: Cause;
  /** `broken`: clients fail. `limited`: some do, on purpose, or in doubt. */
  readonly level: 'broken' | 'limited';
  /** Without a full stop; reads on from `shop/web does not work: `. */
  readonly text: string;
  /** What to do, or where to look; empty where nothing can be said. */
  readonly advice: string;
}

export function broken(cause: Cause, text: string, advice = ''): Finding {
  return { cause, level: 'broken', text, advice };
}

export function limited(cause: Cause, text: string, advice = ''): Finding {
  return { cause, level: 'limited', text, advice };
}

/** `a, b and c`; of many, the first ones and how many more. */
export function listed(texts: readonly string[], most = 3): string {
  if (texts.length > most) return `${texts.slice(0, most).join(', ')} and ${texts.length - most} more`;
  const [last = '', ...before] = texts.toReversed();
  return before.length === 0 ? last : `${before.toReversed().join(', ')} and ${last}`;
}

export const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
