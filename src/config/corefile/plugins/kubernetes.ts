/** `kubernetes [ZONES…] { … }` */
import { UnusableConfig } from '../../place.ts';
import type { BlockDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';
import { wholeOf } from '../values.ts';
import { isWithin, zonesOr } from '../zones.ts';

const PODS = ['disabled', 'insecure', 'verified'] as const;
/** About reaching the API server, or without meaning since long ago. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  endpoint: 'the API server is reached as --kubeconfig says',
  tls: 'the API server is reached as --kubeconfig says',
  kubeconfig: 'the API server is reached as --kubeconfig says',
  apiserver_qps: 'one watch a kind needs no limit',
  apiserver_burst: 'one watch a kind needs no limit',
  apiserver_max_inflight: 'one watch a kind needs no limit',
  startup_timeout: 'names are answered once they are known',
  resyncperiod: 'has no meaning any more',
  upstream: 'has no meaning any more',
};

export function readKubernetes(statement: Statement, block: BlockDraft, reading: Reading): void {
  const zones = zonesOr(statement.args, block.zones, statement);
  let ttl: number | undefined;
  let pods: (typeof PODS)[number] = 'disabled';
  for (const line of statement.body ?? []) {
    const elsewhere = ELSEWHERE[line.name];
    switch (line.name) {
      case 'ttl':
        ttl = wholeOf(line.args[0], 0, 3600, line);
        break;
      case 'pods': {
        const mode = PODS.find((candidate) => candidate === line.args[0]);
        if (mode === undefined) throw new UnusableConfig(line, `pods: expected ${PODS.join(', ')}`);
        pods = mode;
        break;
      }
      case 'fallthrough':
        checkFallthrough(line, zones, reading);
        break;
      default:
        if (elsewhere !== undefined) reading.note(line, `${line.name}: ${elsewhere}`);
        else reading.warn(line, `kubernetes: ${line.name} is not offered`);
    }
  }
  block.kubernetes.push({ file: statement.file, line: statement.line, zones, ttl, pods });
}

/** Reverse names always fall through, where names are forwarded at all; the cluster's never do. */
function checkFallthrough(line: Statement, zones: readonly string[], reading: Reading): void {
  const through = zonesOr(line.args, zones, line);
  const forward = through.filter((zone) => !isWithin(zone, 'arpa'));
  if (forward.length > 0) {
    const names = forward.map((zone) => (zone === '' ? '.' : zone)).join(', ');
    reading.warn(line, `fallthrough: names of ${names} that do not exist are denied, never asked elsewhere`);
  }
}
