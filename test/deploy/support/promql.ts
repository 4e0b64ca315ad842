/** As much of PromQL as tells which series a query asks for, and which labels its result has. */

export interface Selector {
  readonly metric: string;
  /** Labels that it is selected by. */
  readonly matched: readonly string[];
  /** `rate`, `increase` and their kind, which mean something for counters only; empty without one. */
  readonly within: string;
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** Labels of all `by` clauses. */
  readonly grouped: readonly string[];
  /** What the outermost aggregation leaves; `undefined` where nothing is aggregated. */
  readonly left: readonly string[] | undefined;
}

const SELECTOR = /(?:\b(\w+)\(\s*)?\b([a-zA-Z_]\w*)\{([^}]*)\}/g;
const GROUPING = /\bby \(([^)]*)\)/g;
const AGGREGATION = /\b(?:sum|min|max|avg|count)\b(?: by \(([^)]*)\))?/;

const words = (text: string): string[] => [...text.matchAll(/\w+/g)].map(([word]) => word);

/** @throws Error where a series is named without a selector: every query of ours says whose series it means */
export function parseQuery(text: string): Query {
  const selectors: Selector[] = [];
  for (const [, within = '', metric = '', matchers = ''] of text.matchAll(SELECTOR)) {
    const matched = [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, name = '']) => name);
    selectors.push({ metric, matched, within });
  }
  const bare = text.replaceAll(/"[^"]*"|\{[^}]*\}|\[[^\]]*\]/g, '').replaceAll(GROUPING, '');
  const named = [...bare.matchAll(/\b[a-z]+_\w+\b(?!\s*\()/g)].map(([name]) => name);
  for (const name of named) {
    if (!selectors.some(({ metric }) => metric === name)) throw new Error(`${name} has no selector`);
  }
  const grouped = [...text.matchAll(GROUPING)].flatMap(([, labels = '']) => words(labels));
  const outermost = AGGREGATION.exec(text);
  return { selectors, grouped, left: outermost === null ? undefined : leftBy(text, outermost[1] ?? '') };
}

function leftBy(text: string, labels: string): readonly string[] {
  const left = words(labels);
  // The quantile of what was summed by `le` has no `le` any more.
  return text.includes('histogram_quantile(') ? left.filter((label) => label !== 'le') : left;
}
