import { expect, test } from 'vitest';
import { createIptablesBackend } from '../../../src/proxy/iptables/backend.ts';
import { makeCluster } from '../../support/cluster.ts';
import { FakeClock } from '../../fake/clock.ts';
import { FakeIptables } from '../../fake/iptables.ts';
import { FakeLog } from '../../fake/log.ts';
import { loadedCatalog, proxySettings } from '../cluster.ts';

const SERVICES = 200;

/** On which every look takes as long as a turn may. */
class SlowClock extends FakeClock {
  #looks = 0;
  override monotonic(): number {
    return 1000 * this.#looks++;
  }
}

// The process that compares answers DNS: a table that is as it should be must not hold it either.
test('a look at a large table lets others have their turn after every Service and chain', async () => {
  const { records } = makeCluster({
    services: SERVICES,
    endpointsPerService: 2,
    namespaces: 3,
    nodes: 2,
  });
  const { picture } = loadedCatalog(records);
  const exec = new FakeIptables();
  const backend = await createIptablesBackend({
    settings: proxySettings({ families: ['IPv4'] }),
    exec,
    sysctl: { read: () => Promise.resolve('1'), write: () => Promise.resolve() },
    log: new FakeLog(),
    clock: new SlowClock(),
    localAddresses: () => Promise.resolve([]),
  });
  await backend.sync(picture, undefined);

  let turns = 0;
  let timer = setImmediate(tick);
  function tick(): void {
    turns++;
    timer = setImmediate(tick);
  }
  const report = await backend.sync(picture, undefined);
  clearImmediate(timer);

  expect(report).toMatchObject({ restores: 0, repairs: [] });
  const chains = exec.dump('nft').match(/^:KUBE-\S+/gm) ?? [];
  const tree = chains.filter((chain) => chain.startsWith(':KUBE-SVC-TREE-'));
  expect(tree.length).toBeGreaterThan(20);
  // Each Service once, each chain of the tree once, and each chain once more when what is left over is looked for.
  expect(turns).toBeGreaterThanOrEqual(SERVICES + tree.length + chains.length);
});
