/** On which line of a YAML or JSON text each key stands. */
import type * as Yaml from 'js-yaml';

/** Lines from 1, by the path of the key: `iptables.masqueradeBit`. Items of lists are left out. */
export function keyLines(yaml: typeof Yaml, text: string): ReadonlyMap<string, number> {
  const events = yaml.parseEvents(text, {});
  const lines = new Map<string, number>();
  const lineAt = lineFinder(text);
  let at = 0;

  /** Takes the events of one value. */
  const value = (path: string | undefined): void => {
    const event = events[at++];
    if (event?.type === yaml.EVENT_ID.MAPPING) {
      while (!isEnd(events[at])) entry(path);
      at++;
    } else if (event?.type === yaml.EVENT_ID.SEQUENCE || event?.type === yaml.EVENT_ID.DOCUMENT) {
      const inner = event.type === yaml.EVENT_ID.DOCUMENT ? path : undefined;
      while (!isEnd(events[at])) value(inner);
      at++;
    }
  };

  const entry = (path: string | undefined): void => {
    const key = events[at];
    if (path === undefined || key?.type !== yaml.EVENT_ID.SCALAR) {
      value(undefined);
      value(undefined);
      return;
    }
    at++;
    const name = `${path}${yaml.getScalarValue(text, key)}`;
    lines.set(name, lineAt(key.valueStart));
    value(`${name}.`);
  };

  const isEnd = (event: Yaml.Event | undefined): boolean =>
    event === undefined || event.type === yaml.EVENT_ID.POP;

  value('');
  return lines;
}

/** Offsets must not decrease from call to call: a text is gone through once. */
function lineFinder(text: string): (offset: number) => number {
  let line = 1;
  let seen = 0;
  return (offset) => {
    for (; seen < offset; seen++) if (text[seen] === '\n') line++;
    return line;
  };
}
