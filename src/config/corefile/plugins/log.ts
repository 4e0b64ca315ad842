/** `log [NAMES…] [FORMAT] { class … }` */
import { QUERY_LOG_CLASSES, type QueryLogClass } from '../../../dns/settings.ts';
import { UnusableConfig } from '../../place.ts';
import type { BlockDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';
import { zonesOr } from '../zones.ts';

export function readLog(statement: Statement, block: BlockDraft, reading: Reading): void {
  const names = statement.args.filter((arg) => !isFormat(arg));
  if (names.length < statement.args.length) reading.note(statement, 'log: lines have a format of their own');
  const classes = new Set<QueryLogClass>();
  for (const line of statement.body ?? []) {
    if (line.name !== 'class') throw new UnusableConfig(line, `log: unknown property ${line.name}`);
    for (const word of line.args) {
      const found = QUERY_LOG_CLASSES.find((candidate) => candidate === word);
      if (found === undefined && word !== 'all')
        throw new UnusableConfig(line, `class: ${word} is none of all, ${QUERY_LOG_CLASSES.join(', ')}`);
      for (const one of found === undefined ? QUERY_LOG_CLASSES : [found]) classes.add(one);
    }
  }
  block.logs.push({
    domains: zonesOr(names, block.zones, statement),
    classes: classes.size === 0 ? QUERY_LOG_CLASSES : [...classes],
  });
}

function isFormat(arg: string): boolean {
  return arg.includes('{') || arg.includes(' ');
}
