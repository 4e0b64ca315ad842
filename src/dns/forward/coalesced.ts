/** One question upstream at a time for however many clients ask it, failures included. */
export class Coalesced<Asked extends object, Result> {
  readonly #asking = new Map<string, { readonly of: Asked; readonly result: Promise<Result> }>();

  isAsking(key: string, of: Asked): boolean {
    return this.#asking.get(key)?.of === of;
  }

  /** What is under way for this key, if it is asked of the same, else what `ask` begins. */
  ask(key: string, of: Asked, ask: () => Promise<Result>): Promise<Result> {
    const under = this.#asking.get(key);
    if (under?.of === of) return under.result;
    const entry = {
      of,
      result: ask().finally(() => {
        if (this.#asking.get(key) === entry) this.#asking.delete(key);
      }),
    };
    this.#asking.set(key, entry);
    return entry.result;
  }
}
