/** JSON.parse itself keeps texts up to this length once. */
const SHORT = 10;

/**
 * The same text, kept once however often it was parsed: 50,000 endpoints name the same few nodes and zones.
 *
 * A property name is what the engine itself keeps once, in a table that lets go of what nobody holds: so this
 * needs no pool of our own, which would have to be emptied as nodes come and go. Not for what is different in
 * every object, such as addresses.
 */
export function share(text: string): string {
  if (text.length <= SHORT) return text;
  const holder: Record<string, true> = Object.create(null);
  holder[text] = true;
  for (const name in holder) return name;
  return text;
}
