import { describe, expect, test } from 'vitest';
import type { Mode } from '../../src/proxy/backend.ts';
import { send } from '../fake/iptablesPacket.ts';
import { portRecord } from '../support/records.ts';
import { NODE_IP, OUTSIDE, POD, service, slice } from './cluster.ts';
import { modesWorld, RELAY } from './modesWorld.ts';

/** So long a listener stays when no rule leads to it any more. */
const GRACE_MS = 3_500;

const OBJECTS = [
  service('shop/web', '10.96.0.1'),
  slice('shop/web', ['10.0.1.1', '10.0.1.2']),
  service('shop/db', '10.96.0.2', { mode: 'iptables' }),
  slice('shop/db', ['10.0.2.1']),
  service('kube-system/kube-dns', '10.96.0.10'),
  slice('kube-system/kube-dns', ['10.0.3.1']),
];

async function world(mode: Mode = 'userspace') {
  const { backend, catalog, clock, exec, ports, relay } = await modesWorld(mode, OBJECTS);
  const sync = async () => backend.sync(catalog.picture, catalog.publish());
  await backend.sync(catalog.picture, undefined);
  /** Where a pod's connection ends up: `relay`, or endpoints. */
  const met = (to = '10.96.0.1', port = 80): string => {
    const { endpoints } = send(exec.tables('nft'), { from: POD, to, port, local: [NODE_IP] });
    return endpoints.map((text) => (text.startsWith(`${RELAY}:`) ? 'relay' : text)).join(' ');
  };
  return { catalog, exec, clock, relay, backend, sync, met, ports };
}

describe('mode userspace', () => {
  test('relays Services, but for those that ask for the kernel, and the DNS Service', async () => {
    const { met, relay } = await world();
    expect([met(), met('10.96.0.2'), met('10.96.0.10')]).toEqual(['relay', '10.0.2.1:80', '10.0.3.1:80']);
    expect(relay.endpoints()).toEqual({ 'shop/web:p80': ['10.0.1.1:80', '10.0.1.2:80'] });
  });

  test('an endpoint that comes or goes changes no rule', async () => {
    const { catalog, exec, relay, sync } = await world();
    const before = exec.dump('nft');
    catalog.upsert(slice('shop/web', ['10.0.1.2', '10.0.1.3']));
    await sync();
    expect(exec.dump('nft')).toBe(before);
    expect(relay.endpoints()).toEqual({ 'shop/web:p80': ['10.0.1.2:80', '10.0.1.3:80'] });
  });

  test('without endpoints it is refused at once, as in the other mode', async () => {
    const { catalog, exec, sync } = await world();
    catalog.remove(slice('shop/web', []));
    await sync();
    const packet = { from: POD, to: '10.96.0.1', port: 80, local: [NODE_IP] };
    expect(send(exec.tables('nft'), packet).refused).toBe('REJECT');
  });

  test('relays are for those who ask a Service: whoever goes straight to one is dropped', async () => {
    const { exec, relay, backend, catalog } = await world('iptables');
    expect(exec.dump('nft')).not.toContain(RELAY);
    backend.mode = 'userspace';
    await backend.sync(catalog.picture, catalog.publish());
    const [, , port] = [...relay.listening.keys()][0]?.split(' ') ?? [];
    for (const from of [POD, OUTSIDE, NODE_IP]) {
      const packet = { from, to: RELAY, port: Number(port), local: [NODE_IP, RELAY] };
      expect(send(exec.tables('nft'), packet)).toEqual({ endpoints: [], refused: 'DROP' });
    }
    const through = { from: OUTSIDE, to: '10.96.0.1', port: 80, local: [NODE_IP, RELAY] };
    expect(send(exec.tables('nft'), through)).toEqual({
      endpoints: [`${RELAY}:${port}`],
      refused: undefined,
    });
    const report = await backend.sync(catalog.picture, undefined);
    expect(report.repairs ?? []).toEqual([]);
  });

  test('SCTP stays with the kernel', async () => {
    const { catalog, relay, sync, exec } = await world();
    const ports = [portRecord({ name: 'p80', protocol: 'SCTP' })];
    catalog.upsert(service('shop/sig', '10.96.0.5', { ports }));
    catalog.upsert(slice('shop/sig', ['10.0.4.1'], { ports: [{ name: 'p80', protocol: 'SCTP', port: 80 }] }));
    await sync();
    expect(Object.keys(relay.endpoints())).toEqual(['shop/web:p80']);
    expect(exec.dump('nft')).toContain('10.0.4.1:80');
  });

  test('a port number that is taken: the next one', async () => {
    const first = await world();
    const [at = ''] = first.relay.listening.keys();
    const [protocol, address, port] = at.split(' ');
    const { relay, sync, met, catalog } = await world('iptables');
    relay.taken.add(at);
    catalog.upsert(service('shop/web', '10.96.0.1', { mode: 'userspace' }));
    await sync();
    expect([...relay.listening.keys()]).toEqual([`${protocol} ${address} ${Number(port) + 1}`]);
    expect(met()).toBe('relay');
  });

  test('what cannot be relayed is left to the kernel, and told', async () => {
    const { catalog, relay, backend, met } = await world('iptables');
    relay.fails = 'no such luck';
    backend.mode = 'userspace';
    const report = await backend.sync(catalog.picture, catalog.publish());
    expect(met()).toBe('10.0.1.1:80 10.0.1.2:80');
    expect(report.setAside.map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'spec.ports: shop/web:p80 is routed by the kernel: it cannot be relayed: no such luck',
    ]);
  });
});

describe('from one to the other', () => {
  test('rules change before listeners close, and after they open', async () => {
    const { backend, catalog, clock, met, relay } = await world('iptables');
    expect([met(), relay.listening.size]).toEqual(['10.0.1.1:80 10.0.1.2:80', 0]);
    backend.mode = 'userspace';
    await backend.sync(catalog.picture, catalog.publish());
    expect([met(), relay.listening.size]).toEqual(['relay', 1]);
    backend.mode = 'iptables';
    await backend.sync(catalog.picture, catalog.publish());
    expect([met(), relay.listening.size]).toEqual(['10.0.1.1:80 10.0.1.2:80', 1]);
    await clock.advance(GRACE_MS);
    expect(relay.listening.size).toBe(0);
  });

  test('and back within the grace: the listener stays', async () => {
    const { backend, catalog, clock, met, relay } = await world();
    for (const mode of ['iptables', 'userspace'] as const) {
      backend.mode = mode;
      await backend.sync(catalog.picture, catalog.publish());
    }
    await clock.advance(10_000);
    expect([met(), relay.listening.size]).toEqual(['relay', 1]);
  });

  test('and back and forth: a connection that was on its way has all of the grace', async () => {
    const { backend, catalog, clock, relay } = await world();
    const to = async (mode: Mode): Promise<void> => {
      backend.mode = mode;
      await backend.sync(catalog.picture, catalog.publish());
    };
    await to('iptables');
    await clock.advance(GRACE_MS / 2);
    await to('userspace');
    await clock.advance(GRACE_MS / 4);
    await to('iptables');
    await clock.advance(GRACE_MS - 100);
    expect(relay.listening.size).toBe(1);
    await clock.advance(100);
    expect(relay.listening.size).toBe(0);
  });

  test('flows that still lead to a listener are told to leave before it closes', async () => {
    const { backend, catalog, clock, ports, relay } = await world();
    const [at = ''] = relay.listening.keys();
    const [, address, port] = at.split(' ');
    const left = Promise.withResolvers<void>();
    const seen: [number, boolean][] = [];
    ports.onLeaving(() => {
      seen.push([relay.listening.size, ports.isRelay(`${address}:${port}`)]);
      return left.promise;
    });
    backend.mode = 'iptables';
    await backend.sync(catalog.picture, catalog.publish());
    await clock.advance(GRACE_MS);
    expect([seen, relay.listening.size]).toEqual([[[1, false]], 1]);
    left.resolve();
    await clock.advance(0);
    expect(relay.listening.size).toBe(0);
  });

  test("is nobody else's doing, even when the kernel is looked at in the same moment", async () => {
    const { backend, catalog } = await world();
    backend.mode = 'iptables';
    const report = await backend.sync(catalog.picture, undefined);
    expect(report.repairs ?? []).toEqual([]);
  });

  test('by annotation, a Service at a time', async () => {
    const { catalog, sync, met, clock, relay } = await world();
    catalog.upsert(service('shop/web', '10.96.0.1', { mode: 'iptables' }));
    catalog.upsert(service('shop/db', '10.96.0.2', { mode: 'userspace' }));
    await sync();
    await clock.advance(GRACE_MS);
    expect([met(), met('10.96.0.2')]).toEqual(['10.0.1.1:80 10.0.1.2:80', 'relay']);
    expect(relay.endpoints()).toEqual({ 'shop/db:p80': ['10.0.2.1:80'] });
  });

  test('an agent that ends leaves rules that lead to endpoints', async () => {
    const { backend, catalog, met } = await world();
    backend.release();
    await backend.sync(catalog.picture, catalog.publish());
    expect(met()).toBe('10.0.1.1:80 10.0.1.2:80');
  });

  test('an agent that starts again finds its rules as it needs them', async () => {
    const one = await world();
    const another = await world();
    expect(another.exec.dump('nft')).toBe(one.exec.dump('nft'));
  });
});

test('a Service that is gone takes its listeners with it', async () => {
  const { catalog, sync, clock, relay } = await world();
  catalog.remove(service('shop/web', '10.96.0.1'));
  await sync();
  await clock.advance(GRACE_MS);
  expect(relay.listening.size).toBe(0);
});
