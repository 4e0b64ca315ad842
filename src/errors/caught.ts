/** What was caught, as JavaScript allows it to be: anything can be thrown, and libraries do. */

/** What an Error says, or the text of whatever else was thrown. */
export function messageOf(caught: unknown): string {
  return caught instanceof Error ? caught.message : String(caught);
}

/** The system's or Node's code for it, such as `ENOENT`; `undefined` where it has none, or one that is no text. */
export function codeOf(caught: unknown): string | undefined {
  if (!(caught instanceof Error) || !('code' in caught)) return undefined;
  return typeof caught.code === 'string' ? caught.code : undefined;
}

/** The Error itself, so that its class and stack stay, or a new one that says what was thrown instead. */
export function errorOf(caught: unknown): Error {
  return caught instanceof Error ? caught : new Error(String(caught));
}
