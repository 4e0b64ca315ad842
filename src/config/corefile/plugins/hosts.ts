/** `hosts [FILE [ZONES…]] { … }` */
import type { HostEntry, Hosts } from '../../../dns/rules/rule.ts';
import { canonicalIP } from '../../../net/ip.ts';
import { UnusableConfig } from '../../place.ts';
import type { BlockDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';
import { wholeOf } from '../values.ts';
import { zonesOr } from '../zones.ts';

const DEFAULT_FILE = '/etc/hosts';
const DEFAULT_TTL = 3600;

/**
 * Entries of the file and of the line's body. A body with entries and no file means these alone: CoreDNS adds its
 * pod's /etc/hosts, which here would be the node's.
 */
export async function readHosts(statement: Statement, block: BlockDraft, reading: Reading): Promise<void> {
  if (block.rules.hosts !== undefined) {
    throw new UnusableConfig(statement, 'hosts: only once in a server block');
  }
  const [file, ...zones] = statement.args;
  const own: HostEntry[] = [];
  const hosts: { -readonly [K in keyof Hosts]: Hosts[K] } = {
    zones: zonesOr(zones, block.zones, statement),
    entries: [],
    ttl: DEFAULT_TTL,
    reverse: true,
    fallthrough: [],
  };
  for (const line of statement.body ?? []) {
    switch (line.name) {
      case 'ttl':
        hosts.ttl = wholeOf(line.args[0], 1, 65_535, line);
        break;
      case 'no_reverse':
        hosts.reverse = false;
        break;
      case 'fallthrough':
        hosts.fallthrough = zonesOr(line.args, hosts.zones, line);
        break;
      case 'reload':
        reading.note(line, 'reload: a change of the file is seen within seconds');
        break;
      default:
        own.push(ownEntry(line));
    }
  }
  const path = file ?? (own.length === 0 ? DEFAULT_FILE : undefined);
  const read = path === undefined ? [] : await fileEntries(path, statement, reading);
  block.rules.hosts = { ...hosts, entries: [...own, ...read] };
}

function ownEntry(line: Statement): HostEntry {
  const entry = entryOf([line.name, ...line.args]);
  if (entry === undefined) {
    throw new UnusableConfig(line, `hosts: ${line.name} is no address and no property`);
  }
  return entry;
}

/** A file that is missing, or a line in it that is wrong, takes nothing from the rest. */
async function fileEntries(path: string, statement: Statement, reading: Reading): Promise<HostEntry[]> {
  const texts = await reading.texts.find(path, statement.file);
  if (texts.length === 0) reading.warn(statement, `hosts: no file ${path}`);
  return texts.flatMap(({ file, text }) =>
    text.split('\n').flatMap((content, i) => {
      const words = content.replace(/#.*/, '').trim().split(/\s+/);
      if (words[0] === '') return [];
      const entry = entryOf(words);
      // A line of the node's own link may name its interface: `fe80::1%lo0 localhost`.
      if (entry === undefined && !content.includes('%')) {
        reading.warn({ file, line: i + 1 }, `hosts: ${words[0]} is no address`);
      }
      return entry ?? [];
    }),
  );
}

function entryOf([first = '', ...names]: readonly string[]): HostEntry | undefined {
  const address = canonicalIP(first);
  return address === undefined
    ? undefined
    : { address, names: names.map((name) => name.toLowerCase().replace(/\.$/, '')) };
}
