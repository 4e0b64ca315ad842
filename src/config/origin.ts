/** Where a value comes from, so that an error, a note and `config show` lead to it. */

export type Origin =
  | { readonly kind: 'flag'; readonly name: string }
  /** Field `field` of a file that is ours, or kube-proxy's. The line counts from 1; 0 where it is not known. */
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly field: string }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'default' };

/** As an error begins: `--mode`, `agent.yaml:3: mode`, `$NODE_NAME`. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'flag':
      return `--${origin.name}`;
    case 'file':
      return `${placeText(origin)}: ${origin.field}`;
    case 'environment':
      return `$${origin.name}`;
    case 'default':
      return 'default';
  }
}

/** `agent.yaml:3` */
export function placeText({ file, line }: { readonly file: string; readonly line: number }): string {
  return line === 0 ? file : `${file}:${line}`;
}
