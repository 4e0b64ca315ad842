import { expect, test } from 'vitest';
import { type ConntrackLimits, ConntrackTuning, parametersOf } from '../../src/proxy/conntrackLimits.ts';
import { FakeLog } from '../fake/log.ts';

const KUBE_PROXY: ConntrackLimits = {
  maxPerCore: 32_768,
  min: 131_072,
  tcpEstablished: 86_400,
  tcpCloseWait: 3600,
  tcpBeLiberal: false,
  udp: 0,
  udpStream: 0,
};
const NOTHING: ConntrackLimits = { ...KUBE_PROXY, maxPerCore: 0, tcpEstablished: 0, tcpCloseWait: 0 };

const NAMES: Readonly<Record<string, string>> = {
  max: 'net.netfilter.nf_conntrack_max',
  established: 'net.netfilter.nf_conntrack_tcp_timeout_established',
  closeWait: 'net.netfilter.nf_conntrack_tcp_timeout_close_wait',
  liberal: 'net.netfilter.nf_conntrack_tcp_be_liberal',
  udp: 'net.netfilter.nf_conntrack_udp_timeout',
  stream: 'net.netfilter.nf_conntrack_udp_timeout_stream',
};

test.each<readonly [string, Partial<ConntrackLimits>, cores: number, Readonly<Record<string, number>>]>([
  ['nothing asked', {}, 4, {}],
  ['each core counts', { maxPerCore: 32_768 }, 8, { max: 262_144 }],
  ['few cores: the minimum', { maxPerCore: 32_768 }, 2, { max: 131_072 }],
  ['many cores: the most', { maxPerCore: 32_768 }, 128, { max: 1_048_576 }],
  ['the most wins over the minimum', { maxPerCore: 1, min: 2_000_000 }, 1, { max: 1_048_576 }],
  ['without a number per core the minimum is nothing', { maxPerCore: 0, min: 131_072 }, 4, {}],
  ['times', { tcpEstablished: 86_400, tcpCloseWait: 3600 }, 1, { established: 86_400, closeWait: 3600 }],
  ['of UDP', { udp: 30, udpStream: 180 }, 1, { udp: 30, stream: 180 }],
  ['liberal', { tcpBeLiberal: true }, 1, { liberal: 1 }],
])('%s', (_, limits, cores, expected) => {
  const named = Object.entries(expected).map(([short, value]) => [NAMES[short], value]);
  expect(Object.fromEntries(parametersOf({ ...NOTHING, ...limits }, cores))).toEqual(
    Object.fromEntries(named),
  );
});

/** Parameters of a machine; each write is remembered, and refused where the machine is read-only. */
class Machine {
  readonly written: string[] = [];
  readonly values: Map<string, string>;
  readonly readOnly: boolean;
  constructor(values: Readonly<Record<string, string>>, readOnly = false) {
    this.values = new Map(Object.entries(values));
    this.readOnly = readOnly;
  }
  async read(name: string): Promise<string | undefined> {
    return this.values.get(name);
  }
  async write(name: string, value: string): Promise<void> {
    if (this.readOnly) throw new Error(`EROFS: read-only file system, open '${name}'`);
    this.values.set(name, value);
    this.written.push(`${name}=${value}`);
  }
}

function tuning(sysctl: Machine, modules: Machine, limits: ConntrackLimits = KUBE_PROXY) {
  const log = new FakeLog();
  return { log, tuning: new ConntrackTuning({ limits, cores: 8, sysctl, modules, log }) };
}

const [MAX = '', ESTABLISHED = '', CLOSE_WAIT = ''] = Object.values(NAMES);
const FRESH = { [MAX]: '65536', [ESTABLISHED]: '432000', [CLOSE_WAIT]: '3600' };

test('only what differs is written, and the table gets as many buckets as it needs', async () => {
  const sysctl = new Machine(FRESH);
  const modules = new Machine({ 'nf_conntrack.hashsize': '16384' });
  const { tuning: tuned, log } = tuning(sysctl, modules);
  await tuned.apply();
  expect(sysctl.written).toEqual([`${MAX}=262144`, `${ESTABLISHED}=86400`]);
  expect(modules.written).toEqual(['nf_conntrack.hashsize=65536']);
  await tuned.apply();
  expect(sysctl.written).toHaveLength(2);
  expect(modules.written).toHaveLength(1);
  expect(log.lines).toEqual([]);
});

test('what will be in force is known before it is written', async () => {
  const sysctl = new Machine({ ...FRESH, 'net.netfilter.nf_conntrack_tcp_be_liberal': '0' });
  const { applied } = tuning(sysctl, new Machine({}), { ...KUBE_PROXY, tcpBeLiberal: true }).tuning;
  expect(await applied.read('net.netfilter.nf_conntrack_tcp_be_liberal')).toBe('1');
  expect(await applied.read('net.ipv4.ip_forward')).toBeUndefined();
  await applied.write('net.ipv4.ip_forward', '1');
  expect(sysctl.written).toEqual(['net.ipv4.ip_forward=1']);
});

test('a table that has buckets enough keeps them', async () => {
  const modules = new Machine({ 'nf_conntrack.hashsize': '65537' });
  await tuning(new Machine(FRESH), modules).tuning.apply();
  expect(modules.written).toEqual([]);
});

test('with 0 connections per core neither the limit nor the buckets are touched', async () => {
  const [sysctl, modules] = [new Machine(FRESH), new Machine({ 'nf_conntrack.hashsize': '1' })];
  await tuning(sysctl, modules, { ...KUBE_PROXY, maxPerCore: 0 }).tuning.apply();
  expect([sysctl.written, modules.written]).toEqual([[`${ESTABLISHED}=86400`], []]);
});

test('a read-only machine is one line, and no error', async () => {
  const { tuning: tuned, log } = tuning(
    new Machine(FRESH, true),
    new Machine({ 'nf_conntrack.hashsize': '16384' }, true),
  );
  await tuned.apply();
  expect(log.lines).toEqual([
    {
      level: 'info',
      message: 'some limits of connection tracking stay as the machine has them',
      fields: {
        refused: [MAX, ESTABLISHED, 'nf_conntrack.hashsize'].map(
          (name) => `EROFS: read-only file system, open '${name}'`,
        ),
      },
    },
  ]);
});

test('parameters that come with the first rules are set then, and not asked for ever after', async () => {
  const sysctl = new Machine({});
  const { tuning: tuned, log } = tuning(sysctl, new Machine({}));
  await tuned.apply();
  expect(sysctl.written).toEqual([]);
  for (const [name, value] of Object.entries(FRESH)) sysctl.values.set(name, value);
  tuned.synced();
  await new Promise(setImmediate);
  expect(sysctl.written).toEqual([`${MAX}=262144`, `${ESTABLISHED}=86400`]);
  sysctl.values.set(MAX, '1');
  tuned.synced();
  await new Promise(setImmediate);
  expect(sysctl.values.get(MAX)).toBe('1');
  expect(log.lines).toEqual([]);
});
