/** From a thing to what it needs. */
export type Needs = ReadonlyMap<string, ReadonlySet<string>>;

/** What needs itself by way of others, as `a needs b`: empty when everything can be put in one order. */
export function circlesIn(needs: Needs): string[] {
  let left = [...needs].flatMap(([from, targets]) => [...targets].map((to) => ({ from, to })));
  for (;;) {
    const needing = new Set(left.map(({ from }) => from));
    const needed = new Set(left.map(({ to }) => to));
    // What needs nothing more, or is needed by nothing more, is in no circle.
    const rest = left.filter(({ from, to }) => needing.has(to) && needed.has(from));
    if (rest.length === left.length) return left.map(({ from, to }) => `${from} needs ${to}`);
    left = rest;
  }
}

/** `imports` between files, seen from `folder`: between the files and the folders that lie in it. '' is the top. */
export function withinFolder(folder: string, imports: Needs): Needs {
  const prefix = folder === '' ? '' : `${folder}/`;
  const memberOf = (file: string): string | undefined =>
    file.startsWith(prefix) ? file.slice(prefix.length).split('/')[0] : undefined;
  const needs = new Map<string, Set<string>>();
  for (const [file, targets] of imports) {
    const from = memberOf(file);
    for (const to of [...targets].map(memberOf)) {
      if (from === undefined || to === undefined || from === to) continue;
      needs.set(from, (needs.get(from) ?? new Set()).add(to));
    }
  }
  return needs;
}
