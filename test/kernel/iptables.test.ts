/** The rules with real packets: each row for both backends and both families. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Family } from '../../src/net/ip.ts';
import { mustRun } from '../../src/playground/network/netns.ts';
import type { Backend } from '../../src/proxy/backend.ts';
import {
  ADDRESSES,
  type Client,
  makeNode,
  nodePortOf,
  numberOf,
  type ServiceName,
  type TestNode,
} from './iptablesNode.ts';

type Way = 'clusterIP' | 'externalIP' | 'VIP' | 'nodePort' | 'localhost';
/** Endpoints, ` m` for masqueraded; or how the client is turned away. */
type Outcome = 'both' | 'both m' | 'web-1' | 'web-1 m' | 'refused' | 'dropped' | 'one of both';

interface Row {
  readonly from: Client;
  readonly to: ServiceName;
  readonly by: Way;
  readonly expect: Outcome;
  /** Why the row is for one family only. */
  readonly only?: readonly [Family, reason: string];
}

const ROWS: readonly Row[] = [
  { from: 'pod', to: 'web', by: 'clusterIP', expect: 'both' },
  { from: 'node', to: 'web', by: 'clusterIP', expect: 'both m' },
  { from: 'outside', to: 'web', by: 'clusterIP', expect: 'both m' },
  { from: 'pod', to: 'web', by: 'nodePort', expect: 'both m' },
  { from: 'node', to: 'web', by: 'nodePort', expect: 'both m' },
  { from: 'outside', to: 'web', by: 'nodePort', expect: 'both m' },
  { from: 'blocked', to: 'web', by: 'nodePort', expect: 'both m' },
  {
    from: 'node',
    to: 'web',
    by: 'localhost',
    expect: 'both m',
    only: ['IPv4', 'the kernel routes no ::1 to another link'],
  },
  { from: 'pod', to: 'web', by: 'externalIP', expect: 'both m' },
  { from: 'outside', to: 'web', by: 'externalIP', expect: 'both m' },
  { from: 'outside', to: 'web', by: 'VIP', expect: 'both m' },
  { from: 'blocked', to: 'web', by: 'VIP', expect: 'dropped' },
  { from: 'pod', to: 'web', by: 'VIP', expect: 'dropped' },
  { from: 'node', to: 'web', by: 'VIP', expect: 'both m' },
  { from: 'web-1', to: 'one', by: 'clusterIP', expect: 'web-1 m' },
  { from: 'web-1', to: 'one', by: 'nodePort', expect: 'web-1 m' },
  { from: 'pod', to: 'none', by: 'clusterIP', expect: 'refused' },
  { from: 'node', to: 'none', by: 'clusterIP', expect: 'refused' },
  { from: 'pod', to: 'none', by: 'externalIP', expect: 'refused' },
  { from: 'outside', to: 'none', by: 'externalIP', expect: 'refused' },
  { from: 'outside', to: 'none', by: 'VIP', expect: 'refused' },
  { from: 'outside', to: 'none', by: 'nodePort', expect: 'refused' },
  { from: 'pod', to: 'local', by: 'clusterIP', expect: 'both' },
  { from: 'pod', to: 'local', by: 'externalIP', expect: 'both' },
  { from: 'pod', to: 'local', by: 'nodePort', expect: 'both' },
  { from: 'node', to: 'local', by: 'VIP', expect: 'both m' },
  { from: 'outside', to: 'local', by: 'externalIP', expect: 'web-1' },
  { from: 'outside', to: 'local', by: 'VIP', expect: 'web-1' },
  { from: 'outside', to: 'local', by: 'nodePort', expect: 'web-1' },
  { from: 'outside', to: 'elsewhere', by: 'VIP', expect: 'dropped' },
  { from: 'outside', to: 'elsewhere', by: 'nodePort', expect: 'dropped' },
  { from: 'pod', to: 'elsewhere', by: 'VIP', expect: 'both' },
  { from: 'pod', to: 'inside', by: 'clusterIP', expect: 'web-1' },
  { from: 'outside', to: 'inside', by: 'clusterIP', expect: 'web-1 m' },
  { from: 'outside', to: 'inside', by: 'nodePort', expect: 'both m' },
  { from: 'pod', to: 'nowhere', by: 'clusterIP', expect: 'dropped' },
  { from: 'pod', to: 'sticky', by: 'clusterIP', expect: 'one of both' },
  { from: 'outside', to: 'sticky', by: 'nodePort', expect: 'one of both' },
  { from: 'pod', to: 'dns', by: 'clusterIP', expect: 'both' },
  { from: 'outside', to: 'dns', by: 'nodePort', expect: 'both m' },
];

/** Two endpoints are both met by then: one is missed but once in 500,000 times. */
const MOST_TRIES = 20;
const FEW_TRIES = 5;

describe.each(['nft', 'legacy'] as const)('on %s', (variant) => {
  let node: TestNode;
  let backend: Backend;
  let before: string;

  beforeAll(async () => {
    node = await makeNode(variant);
    for (const program of ['iptables', 'ip6tables']) {
      await mustRun(node.exec, [`${program}-${variant}-restore`, '--noflush'], FOREIGN);
    }
    before = await rules();
    backend = await node.backend();
    await backend.sync(node.catalog.picture, undefined);
  });
  afterAll(async () => {
    await node.net[Symbol.asyncDispose]();
  });

  async function rules(): Promise<string> {
    const outputs: string[] = [];
    for (const program of ['iptables', 'ip6tables']) {
      outputs.push((await mustRun(node.exec, [`${program}-${variant}-save`])).stdout);
    }
    return outputs
      .join('')
      .replaceAll(/^#.*\n/gm, '')
      .replaceAll(/\[\d+:\d+\]/g, '');
  }

  describe.each(['IPv4', 'IPv6'] as const)('%s', (family) => {
    test.concurrent.each(ROWS.filter((row) => row.only === undefined || row.only[0] === family))(
      '$from to $to by $by: $expect',
      async (row) => {
        expect(await outcome(node, family, row)).toBe(row.expect);
      },
    );
  });

  test('a new process adopts what is there, and writes nothing', async () => {
    const report = await (await node.backend()).sync(node.catalog.picture, undefined);
    expect(report).toMatchObject({ restores: 0, services: 0 });
  });

  test('rules of others stay where they were', async () => {
    const lines = (await rules()).split('\n');
    // Ours were put above theirs once, and are not moved: theirs that came later stay above.
    await mustRun(node.exec, [`iptables-${variant}`, '-t', 'nat', '-I', 'PREROUTING', '-j', 'FOREIGN']);
    await (await node.backend()).sync(node.catalog.picture, undefined);
    const first = (await rules()).split('\n').find((line) => line.startsWith('-A PREROUTING'));
    expect(first).toBe('-A PREROUTING -j FOREIGN');
    await mustRun(node.exec, [`iptables-${variant}`, '-t', 'nat', '-D', 'PREROUTING', '-j', 'FOREIGN']);
    expect((await rules()).split('\n')).toEqual(lines);
  });

  test('cleanup leaves what was there before, and nothing else', async () => {
    await backend.cleanup();
    expect(await rules()).toBe(before);
  });
});

const FOREIGN = `*nat
:FOREIGN - [0:0]
-A FOREIGN -p tcp -m tcp --dport 7 -m comment --comment "not ours" -j RETURN
-A POSTROUTING -j FOREIGN
COMMIT
*filter
:FOREIGN - [0:0]
-A FOREIGN -p udp -m udp --dport 9 -j DROP
-A FORWARD -j FOREIGN
COMMIT
`;

async function outcome(node: TestNode, family: Family, row: Row): Promise<string> {
  const addresses = ADDRESSES[family];
  const [address, port] = target(family, row);
  const source = addresses.clients[row.from];
  // Not under two seconds: IPv6 TCP believes a refusal only when its second SYN is refused too, after one.
  const ask =
    row.to === 'dns'
      ? udp(address, port)
      : `curl -sgm 2 ${bind(row.from, source)} http://${bracket(address)}:${port}/`;
  const tries = { refused: 1, dropped: 1, 'one of both': MOST_TRIES }[row.expect as string] ?? FEW_TRIES;
  const lines: string[] = [];
  do {
    const script = `for i in $(seq ${tries}); do ${ask} || echo "failed $?"; done`;
    const { stdout } = await node.clients[row.from].run('bash', '-c', script);
    lines.push(...stdout.trim().split('\n'));
    if (lines[0] === 'failed 7') return 'refused';
    if (lines[0] === 'failed 28') return 'dropped';
  } while (row.expect.startsWith('both') && podsIn(lines).length < 2 && lines.length < MOST_TRIES);
  return summary(lines, source, row.expect === 'one of both');
}

function target(family: Family, { to, by }: Row): readonly [address: string, port: number] {
  const addresses = ADDRESSES[family];
  const n = numberOf(to);
  switch (by) {
    case 'clusterIP':
      return [addresses.clusterIP(n), 80];
    case 'externalIP':
      return [addresses.externalIP(n), 80];
    case 'VIP':
      return [addresses.vip(n), 80];
    case 'nodePort':
      return [addresses.node, nodePortOf(to)];
    case 'localhost':
      return [addresses.loopback, nodePortOf(to)];
    default:
      return by satisfies never;
  }
}

const LINE = /^(\S+) on test, asked by \[?([^\]]*?)\]?:\d+$/;

/** Who answered; a line that is no answer stands for itself. */
function podsIn(lines: readonly string[]): readonly string[] {
  return [...new Set(lines.map((line) => LINE.exec(line)?.[1] ?? line))].sort();
}

function summary(lines: readonly string[], source: string, sticky: boolean): string {
  const pods = podsIn(lines);
  const masqueraded = lines.filter((line) => LINE.exec(line)?.[2] !== source).length;
  const mark = masqueraded === 0 ? '' : masqueraded === lines.length ? ' m' : ' sometimes m';
  if (sticky && pods.length === 1) return 'one of both';
  return `${pods.join() === 'web-1,web-2' ? 'both' : pods.join()}${mark}`;
}

/** The client outside has two addresses. */
function bind(from: Client, source: string): string {
  return from === 'outside' || from === 'blocked' ? `--interface ${source}` : '';
}

function udp(address: string, port: number): string {
  return `timeout 1 bash -c 'exec 3<>/dev/udp/${address}/${port}; echo >&3; dd bs=1500 count=1 <&3 2>/dev/null'`;
}

const bracket = (address: string): string => (address.includes(':') ? `[${address}]` : address);
