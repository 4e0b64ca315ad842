/** One line of what preflight tells. */

/** `blocker`: do not start Fairlead here before it is solved. */
export const LEVELS = ['ok', 'warning', 'blocker'] as const;
export type Level = (typeof LEVELS)[number];

export interface Finding {
  readonly level: Level;
  /** What was looked at: `kube-proxy`, `port 53`. */
  readonly check: string;
  /** What is there, one sentence without a full stop. */
  readonly found: string;
  /** What to do, or what it means; empty where nothing is to be done. */
  readonly hint: string;
}

/** Nothing is in the way; `hint` may tell what it means. */
export function ok(check: string, text: string, hint = ''): Finding {
  return { level: 'ok', check, found: text, hint };
}

/** Fairlead would run, and something would be different or is not known. */
export function warning(check: string, text: string, hint: string): Finding {
  return { level: 'warning', check, found: text, hint };
}

/** Fairlead must not be started before `hint` was done; makes the command fail. */
export function blocker(check: string, text: string, hint: string): Finding {
  return { level: 'blocker', check, found: text, hint };
}
