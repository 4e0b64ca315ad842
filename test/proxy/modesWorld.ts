/** Both modes over fake tables and a relay that carries nothing; one family. */
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import type { Mode } from '../../src/proxy/backend.ts';
import { createIptablesBackend } from '../../src/proxy/iptables/backend.ts';
import { ModesBackend } from '../../src/proxy/modesBackend.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { RELAY_ADDRESSES } from '../../src/proxy/userspace/addresses.ts';
import { RelayPorts } from '../../src/proxy/userspace/relayPorts.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeIptables } from '../fake/iptables.ts';
import { FakeLog } from '../fake/log.ts';
import { FakeRelay } from '../fake/relay.ts';
import { loadedCatalog, NODE_IP, proxySettings } from './cluster.ts';

export const RELAY: string = RELAY_ADDRESSES.IPv4;
export const LOCAL: readonly string[] = [NODE_IP, RELAY];

export interface ModesWorld {
  readonly backend: ModesBackend;
  readonly catalog: Catalog;
  readonly clock: FakeClock;
  readonly exec: FakeIptables;
  readonly log: FakeLog;
  readonly ports: RelayPorts;
  readonly relay: FakeRelay;
  readonly settings: ProxySettings;
}

/** `lacks`: texts of rules that the kernel refuses. */
export async function modesWorld(
  mode: Mode,
  records: readonly ObjectRecord[],
  lacks: readonly string[] = [],
): Promise<ModesWorld> {
  const catalog = loadedCatalog(records);
  const [exec, clock, log, relay] = [
    new FakeIptables({ lacks }),
    new FakeClock(),
    new FakeLog(),
    new FakeRelay(),
  ];
  const settings = proxySettings({ families: ['IPv4'] });
  const ports = new RelayPorts({ relay, addressOf: () => Promise.resolve(RELAY), drainMs: 0, clock, log });
  const rules = await createIptablesBackend({
    settings,
    exec,
    sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
    log,
    clock,
    localAddresses: () => Promise.resolve(LOCAL),
    relays: ports,
  });
  const backend = new ModesBackend({ mode, settings, rules, ports });
  return { backend, catalog, clock, exec, log, ports, relay, settings };
}
