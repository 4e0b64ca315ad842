/** Plugins whose work is done here anyway, or set in another way. */
import type { BlockDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';

type Covered = (statement: Statement, reading: Reading) => void;

const OWN_UDP_SIZE = '1232';

/** Nothing to say: it is done, whether the line is there or not. */
const done: Covered = () => undefined;

const note =
  (text: string): Covered =>
  (statement, reading) =>
    reading.note(statement, `${statement.name}: ${text}`);

const COVERED: Readonly<Record<string, Covered>> = {
  errors: done,
  // Each server is asked for a name of our own, and asked no more when that comes back to us.
  loop: done,
  reload: done,
  // A name of the cluster that the local host asks for is answered as any pod's question is.
  local: note('has no meaning here'),
  cancel: note('a query is given up before its client does'),
  debug: note('see --log-level'),
  bind: note('addresses are those of the DNS Service and of --dns-listen'),
  multisocket: note('is not needed'),
  autopath: note('search paths are completed where --dns-search-path says so'),
  health: (statement, reading) => checkPort(statement, reading, 'health', 8080, '--dns-health-bind-address'),
  ready: (statement, reading) => checkPort(statement, reading, 'ready', 8181, '--dns-ready-bind-address'),
  prometheus: (statement, reading) =>
    checkPort(statement, reading, 'prometheus', 9153, '--dns-metrics-bind-address'),
  loadbalance: (statement, reading) => {
    const [policy = 'round_robin'] = statement.args;
    if (policy !== 'round_robin') reading.warn(statement, `loadbalance: ${policy} is not offered`);
  },
  bufsize: (statement, reading) => {
    const [size = OWN_UDP_SIZE] = statement.args;
    if (size !== OWN_UDP_SIZE)
      reading.note(statement, `bufsize: replies by UDP have ${OWN_UDP_SIZE} octets at most`);
  },
};

export const COVERED_PLUGINS: readonly string[] = Object.keys(COVERED);

export function readCovered(statement: Statement, _block: BlockDraft, reading: Reading): void {
  COVERED[statement.name]?.(statement, reading);
}

/** Ports are opened by flags: a file that changes must not take one away from a probe, or from somebody else. */
function checkPort(
  statement: Statement,
  reading: Reading,
  plugin: keyof Reading['ground']['ports'],
  usual: number,
  flag: string,
): void {
  const served = reading.ground.ports[plugin];
  if (served === undefined)
    reading.note(statement, `${plugin}: is served where ${flag} says, which is nowhere`);
  else if (served !== portOf(statement.args[0], usual)) {
    reading.note(statement, `${plugin}: is served where ${flag} says, on port ${served}`);
  }
}

function portOf(text: string | undefined, usual: number): number {
  return Number(/:(\d{1,5})$/.exec(text ?? '')?.[1] ?? usual);
}
