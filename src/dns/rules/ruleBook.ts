/** Which rules are in force now. Changed while questions are answered; each question meets one set only. */
import type { RuleBlock } from './rule.ts';
import { RuleSet } from './ruleSet.ts';

export class RuleBook {
  #current: RuleSet | undefined;
  readonly #watchers = new Set<() => void>();

  /** `undefined`: there are none, and a question costs nothing. */
  get current(): RuleSet | undefined {
    return this.#current;
  }

  replace(blocks: readonly RuleBlock[]): void {
    this.#current = blocks.length === 0 ? undefined : new RuleSet(blocks);
    for (const watcher of this.#watchers) watcher();
  }

  /** Calls it now, and whenever the rules have changed, before the next question is answered here. */
  watch(watcher: () => void): void {
    this.#watchers.add(watcher);
    watcher();
  }

  /**
   * The one switch for whoever answers names of a domain from ready-made answers: true means that a rule may have a
   * word in them, so that all its questions must come by the responder.
   */
  mayTouch(domain: string): boolean {
    return this.#current?.mayTouch(domain) ?? false;
  }
}
