import { describe, expect, test } from 'vitest';
import { Agent } from '../../src/agent/agent.ts';
import type { AgentParts } from '../../src/agent/parts.ts';
import type { Routing } from '../../src/agent/routing/routing.ts';
import type { ChangeSet } from '../../src/catalog/picture.ts';
import type { NodeRecord, ObjectRecord, ServiceRecord } from '../../src/kube/records.ts';
import type { Problem } from '../../src/kube/problem.ts';
import type { Watcher } from '../../src/kube/source.ts';
import type { SocketAddress } from '../../src/net/socketAddress.ts';
import { ConntrackCounters } from '../../src/proxy/conntrack/counters.ts';
import type { SyncReport } from '../../src/proxy/backend.ts';
import type { SyncListener } from '../../src/proxy/syncer.ts';
import { Connections } from '../../src/proxy/iptables/connections.ts';
import { IDLE_FORWARDER } from '../dns/support/forwarding.ts';
import { FakeIptables } from '../fake/iptables.ts';
import { FakeClock } from '../fake/clock.ts';
import { FakeLog } from '../fake/log.ts';
import { portRecord, serviceRecord } from '../support/records.ts';

const NODE: NodeRecord = {
  kind: 'Node',
  namespace: '',
  name: 'n1',
  addresses: ['192.0.2.1', '2001:db8::1', '192.0.2.9'],
  podCIDRs: [],
  zone: '',
  leaving: false,
};

function service(name: string, clusterIP: string, port = 53): ServiceRecord {
  const ports = [portRecord({ name: '', protocol: 'UDP', port })];
  return serviceRecord(`kube-system/${name}`, { clusterIPs: [clusterIP], ports });
}

interface Options {
  readonly routing?: boolean;
  readonly dns?: boolean;
  readonly dnsListen?: readonly SocketAddress[];
  readonly dnsNodeLocal?: readonly string[];
}

/** An agent whose every collaborator writes what happens into `told`, in order. */
function setUp({ routing = true, dns = true, dnsListen = [], dnsNodeLocal = [] }: Options = {}) {
  const told: string[] = [];
  /** What the API server is written, and what publications the keeper of the snapshot sees. */
  const [readies, kept]: [string[], string[]] = [[], []];
  const clock = new FakeClock();
  const log = new FakeLog();
  const listening: SocketAddress[] = [];
  const world = {
    watcher: undefined as Watcher | undefined,
    listener: undefined as SyncListener | undefined,
    queued: [] as (ChangeSet | undefined)[],
    dnsAnswer: '',
    claiming: Promise.resolve(),
    error: '',
    takenPorts: [] as Problem[],
    settled: (): void => undefined,
    upstreamProblems: [] as string[],
    upstreamsChanged: (): void => undefined,
  };
  const fakeRouting: Routing = {
    syncer: {
      update(picture, changes) {
        if (!picture.synced && !picture.restored) return;
        world.queued.push(changes);
        told.push(
          changes?.synced === true ? 'rules of all' : `rules of ${[...(changes?.services ?? [])].join()}`,
        );
      },
      onSynced: (listener) => {
        world.listener = listener;
      },
      state: () => ({ waitingMs: 0, pending: 0, error: world.error, setAside: [] }),
      waitingMsOf: () => 0,
      stop: async () => void told.push('routing stops'),
    },
    backend: {
      mode: 'iptables',
      describe: () => ({ variant: 'nft', families: ['IPv4'], services: 1, rules: 10 }),
    },
    tables: {
      counters: new Map(),
      connections: new Connections({ exec: new FakeIptables(), clock, tables: [] }),
      wanted: () => undefined,
    },
    relay: () => undefined,
    found: { tools: [], because: '', leftOut: [] },
    reconciler: { stop: async () => void told.push('watch stops') },
    modes: {
      mode: 'iptables',
      configured: 'iptables',
      settled: Promise.resolve(),
      to: () => Promise.resolve(),
      release: async () => void told.push('relays released'),
    },
    relays: {
      figures: () => [],
      limit: 1,
      missing: () => [],
      stop: async () => void told.push('relays close'),
    },
    tuning: { apply: () => Promise.resolve() },
    noLocal: { count: () => 0 },
    healthPorts: {
      get problems() {
        return world.takenPorts;
      },
      onSettled: (listener) => {
        world.settled = listener;
      },
      stop: async () => void told.push('health ports close'),
    },
    flows: { counters: new ConntrackCounters(), stop: async () => void told.push('flows stop') },
  };
  const names: AgentParts['names'] = {
    dns: {
      update: (picture) => void told.push(`names ${picture.services.size}`),
      listen: async (address) => {
        told.push(`listen ${address.address} ${address.port}`);
        listening.push(address);
      },
      unlisten: async (address) => void told.push(`unlisten ${address.address} ${address.port}`),
      state: () => ({
        listening,
        services: 0,
        names: 0,
        queries: 0,
        threads: 0,
        forwarder: { ...IDLE_FORWARDER, problems: world.upstreamProblems },
      }),
    },
    node: {
      claim: async (addresses) => {
        told.push(`claim ${addresses.join()}`);
        await world.claiming;
        return addresses;
      },
      release: async () => void told.push('release'),
      rest: async () => void told.push('rest'),
      leave: async () => void told.push('leave'),
      state: () => ({ addresses: [], lease: 'none' }),
    },
    retire: async () => void told.push('dns retires'),
    close: async () => void told.push('dns closes'),
    localAddresses: async () => [],
    probe: async () => world.dnsAnswer,
    onProblems: (listener) => {
      world.upstreamsChanged = listener;
      listener();
    },
    config: () => undefined,
  };
  const agent = new Agent({
    settings: {
      nodeName: 'n1',
      clusterDomain: 'cluster.local',
      dnsService: 'kube-system/kube-dns',
      dnsListen,
      dnsNodeLocal,
      dnsWaitForRules: 100,
    },
    clock,
    log,
    source: {
      start: (watcher) => {
        world.watcher = watcher;
        told.push('source starts');
      },
      stop: async () => void told.push('source stops'),
      state: () => [
        { kind: 'Service', synced: agent.progress.sourceSyncedAt > 0, error: '', silentMs: undefined },
        { kind: 'Node', synced: true, error: '', silentMs: undefined },
      ],
    },
    ...(routing ? { routing: fakeRouting } : {}),
    ...(dns ? { names } : {}),
    writes: {
      onProblem: (problem) => void told.push(`problem ${problem.object.name}`),
      onReady: () => void readies.push('ready'),
      stop: () => void readies.push('stopped'),
    },
    keeper: {
      published: (picture) => void kept.push(picture.synced ? 'synced' : 'not synced'),
      stop: async () => void told.push('snapshot written'),
    },
    observer: { published: () => undefined, began: () => undefined, synced: () => undefined },
  });
  return {
    agent,
    told,
    readies,
    kept,
    clock,
    log,
    world,
    /** What the source tells; settled as after a publication. */
    tell: async (...records: readonly ObjectRecord[]) => {
      for (const record of records) world.watcher?.upsert(record);
      await clock.advance(10);
    },
    sourceSynced: async () => {
      for (const kind of ['Node', 'Namespace', 'Service', 'EndpointSlice'] as const)
        world.watcher?.synced(kind);
      await clock.advance(10);
    },
    rulesSynced: async (failing: SyncReport['failing'] = []) => {
      const report = { services: 1, restores: 2, milliseconds: 12, setAside: [], byFamily: [], failing };
      world.listener?.synced(report, true, { picture: agent.picture, changes: undefined });
      await clock.advance(0);
    },
  };
}

test('start: source, names kept up, rules once the source is read whole, then addresses, then ready', async () => {
  const { agent, told, clock, log, tell, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await tell(NODE, service('kube-dns', '10.96.0.10'));
  expect(told).toEqual(['source starts', 'names 1']);
  await sourceSynced();
  expect(told.slice(2)).toEqual(['names 1', 'rules of all']);
  expect(Object.fromEntries(await agent.readiness())).toEqual({
    source: '',
    rules: 'not programmed yet',
    dns: 'not opened yet',
  });
  await rulesSynced();
  expect(await agent.firstOutcome).toBe('synced');
  expect(told.slice(4)).toEqual(['listen 192.0.2.1 10053', 'listen 2001:db8::1 10053', 'claim 10.96.0.10']);
  expect(Object.fromEntries(await agent.readiness())).toEqual({ source: '', rules: '', dns: '' });
  await clock.advance(200);
  expect(log.messages('info')).toEqual(['source synced', 'first sync done', 'ready']);
});

test('not ready while nobody answers our own query, whatever else works', async () => {
  const { agent, log, clock, world, tell, sourceSynced, rulesSynced } = setUp();
  agent.start();
  world.dnsAnswer = 'no answer';
  await tell(NODE);
  await sourceSynced();
  await rulesSynced();
  await clock.advance(1000);
  expect(log.messages()).not.toContain('ready');
  expect((await agent.readiness()).get('dns')).toBe('no answer');
  world.dnsAnswer = '';
  await clock.advance(200);
  expect(log.messages()).toContain('ready');
});

test('not ready while the DNS Service is not taken over, though the node answers elsewhere', async () => {
  const { agent, world, tell, sourceSynced, rulesSynced } = setUp();
  const claiming = Promise.withResolvers<void>();
  world.claiming = claiming.promise;
  agent.start();
  await tell(NODE, service('kube-dns', '10.96.0.10'));
  await sourceSynced();
  await rulesSynced();
  expect((await agent.readiness()).get('dns')).toBe('not opened yet');
  claiming.resolve();
  await agent.firstOutcome;
  expect((await agent.readiness()).get('dns')).toBe('');
});

test('afterwards exactly what changed is handed on, in one piece', async () => {
  const { agent, told, world, tell, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await sourceSynced();
  await rulesSynced();
  told.length = 0;
  await tell(service('a', '10.96.0.1'), service('b', '10.96.0.2'), service('a', '10.96.0.3'));
  expect(told).toEqual(['names 2', 'rules of kube-system/a,kube-system/b']);
  expect(world.queued.at(-1)?.synced).toBe(false);
});

test('names follow once the rules are in, and without them after a while', async () => {
  const { agent, told, clock, world, tell, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await sourceSynced();
  world.listener?.began?.();
  await rulesSynced();
  told.length = 0;
  await tell(service('a', '10.96.0.1'));
  expect(told).toEqual(['rules of kube-system/a']);
  world.listener?.began?.();
  await rulesSynced();
  expect(told).toEqual(['rules of kube-system/a', 'names 1']);
  await tell(service('b', '10.96.0.2'));
  await clock.advance(100);
  expect(told.slice(2)).toEqual(['rules of kube-system/b', 'names 2']);
  expect(agent.earlyNames).toBe(1);
});

test('the DNS Service and the node are followed as they move', async () => {
  const { agent, told, tell, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await tell(NODE, service('kube-dns', '10.96.0.10'));
  await sourceSynced();
  await rulesSynced();
  told.length = 0;
  await tell(service('kube-dns', '10.96.0.11'));
  expect(told).toEqual(['names 1', 'rules of kube-system/kube-dns', 'claim 10.96.0.11']);
  told.length = 0;
  await tell({ ...NODE, addresses: ['192.0.2.2'] });
  expect(told).toEqual([
    'names 1',
    'rules of ',
    'unlisten 192.0.2.1 10053',
    'unlisten 2001:db8::1 10053',
    'listen 192.0.2.2 10053',
  ]);
});

test('stop: names go to other nodes first, rules stay', async () => {
  const { agent, told, log, tell, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await tell(NODE);
  await sourceSynced();
  await rulesSynced();
  told.length = 0;
  await agent.stop();
  expect(told).toEqual([
    'release',
    'source stops',
    'watch stops',
    'relays released',
    'routing stops',
    'relays close',
    'flows stop',
    'health ports close',
    'dns closes',
    'snapshot written',
  ]);
  expect(log.messages('info').slice(-2)).toEqual(['stopping; rules stay in place', 'stopped']);
  expect((await agent.readiness()).get('agent')).toBe('stopping');
});

test('taken over from: names alone are kept up, with their lease, until the other answers them', async () => {
  const { agent, told, tell, sourceSynced, rulesSynced, clock } = setUp();
  agent.start();
  await tell(NODE);
  await sourceSynced();
  await rulesSynced();
  await agent.opened;
  told.length = 0;
  await agent.handOver();
  await tell(service('late', '10.96.0.9'));
  await clock.advance(1_000);
  await agent.leave();
  expect(told).toEqual([
    'rest',
    'watch stops',
    'relays released',
    'routing stops',
    'relays close',
    'flows stop',
    'health ports close',
    'snapshot written',
    'names 1',
    'leave',
    'dns retires',
    'source stops',
    'dns closes',
  ]);
});

test('taken over from by one that fails: stopping ends what is left', async () => {
  const { agent, told, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await sourceSynced();
  await rulesSynced();
  await agent.handOver();
  told.length = 0;
  await agent.stop();
  expect(told).toEqual(['release', 'source stops', 'dns closes']);
});

test('what changes while it stops is left alone', async () => {
  const { agent, told, tell, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await sourceSynced();
  await rulesSynced();
  await agent.stop();
  told.length = 0;
  await tell(service('late', '10.96.0.9'));
  expect(told).toEqual([]);
});

test('without routing names are answered as soon as the source is read', async () => {
  const { agent, told, tell, sourceSynced } = setUp({ routing: false });
  agent.start();
  await tell(NODE, service('kube-dns', '10.96.0.10'));
  await sourceSynced();
  expect(await agent.firstOutcome).toBe('synced');
  expect(told.slice(-1)).toEqual(['claim 10.96.0.10']);
  expect([...(await agent.readiness()).keys()]).toEqual(['source', 'dns']);
});

test('without DNS nothing is claimed', async () => {
  const { agent, told, tell, sourceSynced, rulesSynced } = setUp({ dns: false });
  agent.start();
  await tell(NODE, service('kube-dns', '10.96.0.10'));
  await sourceSynced();
  await rulesSynced();
  expect(await agent.firstOutcome).toBe('synced');
  expect(told).toEqual(['source starts', 'rules of all']);
  expect([...(await agent.readiness()).keys()]).toEqual(['source', 'rules']);
});

test('addresses that were set take the place of the node’s', async () => {
  const { agent, told, tell, sourceSynced, rulesSynced } = setUp({
    dnsListen: [{ address: '127.0.0.1', port: 5353 }],
  });
  agent.start();
  await tell(NODE);
  await sourceSynced();
  await rulesSynced();
  expect(await agent.firstOutcome).toBe('synced');
  expect(told.filter((line) => line.startsWith('listen'))).toEqual(['listen 127.0.0.1 5353']);
});

test('addresses of the node alone are taken beside those of the DNS Service, and without one', async () => {
  const { agent, told, tell, sourceSynced, rulesSynced } = setUp({ dnsNodeLocal: ['169.254.20.10'] });
  agent.start();
  await tell(NODE);
  await sourceSynced();
  await rulesSynced();
  await tell(service('kube-dns', '10.96.0.10'));
  expect(told.filter((line) => line.startsWith('claim'))).toEqual([
    'claim 169.254.20.10',
    'claim 10.96.0.10,169.254.20.10',
  ]);
});

test('an unusable object is told, and stops nobody', async () => {
  const { agent, told, log, tell, sourceSynced } = setUp();
  agent.start();
  await tell(service('good', '10.96.0.1'), service('bad', '10.96.0.2', 0));
  await sourceSynced();
  expect(told).toContain('problem bad');
  expect(told.at(-1)).toBe('rules of all');
  expect(log.messages('warn')).toEqual([expect.stringMatching(/^unusable: 0 is not a port/)]);
  expect(agent.problems.lines).toEqual([
    expect.stringMatching(/^Service kube-system\/bad: spec\.ports\[0\]\.port: 0/),
  ]);
});

test('a failing sync says why in readiness', async () => {
  const { agent, world, sourceSynced } = setUp();
  agent.start();
  await sourceSynced();
  world.error = 'iptables-nft-restore: line 3 failed';
  world.listener?.failed?.(new Error(world.error));
  expect((await agent.readiness()).get('rules')).toBe('iptables-nft-restore: line 3 failed');
  expect(await agent.firstOutcome).toBe('failed');
});

test('rules of one family alone are not all of them, for one who asked for them once', async () => {
  const { agent, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await sourceSynced();
  await rulesSynced([{ family: 'IPv6', error: new Error('no room'), retryMs: 500 }]);
  expect(await agent.firstOutcome).toBe('failed');
  expect((await agent.readiness()).get('rules')).toBe('');
});

test('without a Node and a DNS Service it says what is missing', async () => {
  const { agent, sourceSynced, rulesSynced } = setUp();
  agent.start();
  await sourceSynced();
  await rulesSynced();
  expect(await agent.firstOutcome).toBe('synced');
  expect((await agent.readiness()).get('dns')).toBe(
    'no address to answer on: no Node n1, no Service kube-system/kube-dns',
  );
});

test('an upstream server that cannot be asked is told as a problem of the Node', () => {
  const { agent, told, world } = setUp();
  agent.start();
  world.upstreamProblems = ['upstream server 10.0.0.1:53 sends our queries back to us: not asked'];
  world.upstreamsChanged();
  expect(told).toContain('problem n1');
  expect(agent.problems.lines).toEqual([
    'Node n1: upstream server 10.0.0.1:53 sends our queries back to us: not asked',
  ]);
  world.upstreamProblems = [];
  world.upstreamsChanged();
  expect(agent.problems.lines).toEqual([]);
});

test('a health-check port that is taken is told as a problem of its Service, once, and when it is free again', () => {
  const { agent, told, world, log } = setUp();
  agent.start();
  world.takenPorts = [
    {
      object: { kind: 'Service', namespace: 'shop', name: 'web' },
      field: 'spec.healthCheckNodePort',
      message: 'taken',
    },
  ];
  world.settled();
  world.settled();
  expect(told.filter((line) => line.startsWith('problem'))).toEqual(['problem web']);
  expect(agent.problems.lines).toEqual(['Service shop/web: spec.healthCheckNodePort: taken']);
  world.takenPorts = [];
  world.settled();
  expect(agent.problems.lines).toEqual([]);
  expect(log.messages()).toEqual(['unusable: taken', 'usable again: was taken']);
});

describe('restored by what an earlier agent knew', () => {
  test('it writes rules, then answers, and is ready; and takes what is read later for a difference', async () => {
    const { agent, told, log, world, tell, sourceSynced, rulesSynced, readies, clock } = setUp();
    agent.start();
    await tell(NODE, service('kube-dns', '10.96.0.10'));
    world.watcher?.restored?.();
    await clock.advance(10);
    expect(told.slice(2)).toEqual(['names 1', 'rules of ']);
    expect(agent.progress).toMatchObject({ sourceSyncedAt: 0, restoredAt: clock.now() - 5 });
    await rulesSynced();
    expect(told).toContain('claim 10.96.0.10');
    expect([...(await agent.readiness())].filter(([, wrong]) => wrong !== '')).toEqual([]);
    await clock.advance(100);
    expect(log.messages('info')).toEqual(['first sync done', 'ready']);
    expect(readies).toEqual(['ready']);

    const before = told.length;
    await sourceSynced();
    expect(told.slice(before)).toEqual(['names 1', 'rules of all']);
    expect(log.messages('info').slice(2)).toEqual(['source synced']);
  });

  test('it answers at once where there is no routing', async () => {
    const { agent, told, world, tell, clock } = setUp({ routing: false });
    agent.start();
    await tell(NODE, service('kube-dns', '10.96.0.10'));
    expect(told).not.toContain('claim 10.96.0.10');
    world.watcher?.restored?.();
    await clock.advance(10);
    expect(told).toContain('claim 10.96.0.10');
  });
});

test('each publication is offered to the keeper of the snapshot', async () => {
  const { agent, kept, tell, sourceSynced } = setUp();
  agent.start();
  await tell(NODE);
  await sourceSynced();
  expect(kept).toEqual(['not synced', 'synced']);
});
