/** Which plugin is read by what, and what is said of the others. */
import { suggestion } from '../../nearest.ts';
import type { BlockDraft, Reading } from '../reading.ts';
import type { Statement } from '../statement.ts';
import { readCache } from './cache.ts';
import { COVERED_PLUGINS, readCovered } from './covered.ts';
import { readForward } from './forward.ts';
import { readHosts } from './hosts.ts';
import { readKubernetes } from './kubernetes.ts';
import { readLog } from './log.ts';
import { readRewrite } from './rewrite.ts';
import { readTemplate } from './template.ts';

type PluginReader = (statement: Statement, block: BlockDraft, reading: Reading) => void | Promise<void>;

const READERS: Readonly<Record<string, PluginReader>> = {
  kubernetes: readKubernetes,
  forward: readForward,
  proxy: readForward,
  cache: readCache,
  log: readLog,
  hosts: readHosts,
  rewrite: readRewrite,
  template: readTemplate,
  any: (_, block) => {
    block.rules.minimalAny = true;
  },
  ...Object.fromEntries(COVERED_PLUGINS.map((name) => [name, readCovered])),
};

/** CoreDNS's own that have no counterpart, so that they are told from a misspelling. */
const OTHERS = (
  'acl auto azure chaos clouddns dns64 dnssec dnstap erratic etcd federation file geoip grpc grpc_server header ' +
  'https https3 import k8s_external metadata minimal nomad nsid on pprof quic root route53 secondary sign timeouts ' +
  'tls trace transfer tsig view whoami'
).split(' ');

/** @throws UnusableConfig when a line of a plugin that is offered is malformed */
export async function readPlugin(statement: Statement, block: BlockDraft, reading: Reading): Promise<void> {
  const { name } = statement;
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (reader !== undefined) return reader(statement, block, reading);
  if (OTHERS.includes(name)) reading.warn(statement, `plugin ${name} is not offered`);
  else {
    const known = [...Object.keys(READERS), ...OTHERS];
    reading.warn(statement, `unknown plugin ${JSON.stringify(name)}${suggestion(name, known)}`);
  }
}
