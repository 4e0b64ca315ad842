/**
 * `node modesNodeProgram.ts nft|legacy`: both modes on a node of the conformance list, relays included, in the network
 * namespace that it is started in. Reads a NodeRequest a line on stdin, brings the node there, and says so on stdout.
 */
import { createInterface } from 'node:readline';
import { openRelays, type Relays } from '../../src/agent/routing/relays.ts';
import { systemClock } from '../../src/host/clock.ts';
import { systemExec } from '../../src/host/exec.ts';
import { systemSysctl } from '../../src/host/sysctl.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { createIptablesBackend } from '../../src/proxy/iptables/backend.ts';
import { ModesBackend } from '../../src/proxy/modesBackend.ts';
import { LOCAL, settingsOf } from '../conformance/fixture.ts';
import type { FlowSettings } from '../conformance/flow.ts';
import { FakeLog } from '../fake/log.ts';
import { loadedCatalog } from '../proxy/cluster.ts';

export interface NodeRequest {
  readonly settings: FlowSettings;
  readonly records: readonly ObjectRecord[];
}

const RELAYS = { relayDrain: 0, udpIdleTimeout: 60_000, relayStopDrain: 0, relayMaxConnections: 10_000 };
const [variant] = process.argv.slice(2);
const host = { exec: systemExec, clock: systemClock, log: new FakeLog() };
let settled = '';
let current: { readonly relays: Relays; readonly backend: ModesBackend } | undefined;

for await (const line of createInterface(process.stdin)) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const { settings, records } = JSON.parse(line) as NodeRequest;
  const before = current;
  // With the same settings the relays remember their clients, as those of an agent do.
  if (JSON.stringify(settings) !== settled || current === undefined) current = await open(settings);
  settled = JSON.stringify(settings);
  const { setAside } = await current.backend.sync(loadedCatalog(records).picture, undefined);
  if (before !== current) void before?.relays.stop();
  process.stdout.write(`${JSON.stringify(setAside.map(({ message }) => message))}\n`);
}
process.exit(0);

async function open(flow: FlowSettings): Promise<NonNullable<typeof current>> {
  const settings = settingsOf(flow);
  const relays = await openRelays(RELAYS, host);
  const rules = await createIptablesBackend({
    ...host,
    settings: { ...settings, iptablesBackend: variant === 'legacy' ? 'legacy' : 'nft' },
    sysctl: systemSysctl,
    localAddresses: () => Promise.resolve(LOCAL),
    relays: relays.ports,
  });
  return { relays, backend: new ModesBackend({ mode: 'userspace', settings, rules, ports: relays.ports }) };
}
