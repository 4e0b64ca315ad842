/** A client, a node and a backend in a row, a network namespace each; the node's tables decide how fast it is. */
import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Exec, systemExec } from '../../src/host/exec.ts';

/** Where the backend answers: every endpoint address of test/support/cluster.ts, and this one that is nobody's. */
const ENDPOINT_RANGE = '10.128.0.0/9';
export const NO_SERVICE = '10.254.0.1';
export const BACKEND_PORT = 8080;
export const NODE_ADDRESS = '172.16.1.1';

type Child = ChildProcessByStdio<Writable, Readable, null>;

export class Path {
  readonly #name: string;
  readonly #children: readonly Child[];
  readonly #connector: Child;
  readonly #answers: Interface;

  private constructor(name: string, acceptor: Child, connector: Child) {
    this.#name = name;
    this.#children = [acceptor, connector];
    this.#connector = connector;
    this.#answers = createInterface({ input: connector.stdout });
  }

  static async open(name: string): Promise<Path> {
    layOut(name);
    const acceptor = start(`backend-${name}`, 'acceptor.ts', String(BACKEND_PORT));
    await once(acceptor.stdout, 'data');
    return new Path(name, acceptor, start(`client-${name}`, 'connector.ts'));
  }

  /** Runs programs on the node. */
  get node(): Exec {
    const enter = ['ip', 'netns', 'exec', `node-${this.#name}`] as const;
    return { run: (argv, options) => systemExec.run([...enter, ...argv], options) };
  }

  /**
   * New connections per second of the client's CPU time, which a busy machine changes little. It is the time of the
   * whole path: packets pass the node within the client's own system calls. Rejects when a connection failed.
   */
  async rate(address: string, port: number, milliseconds: number): Promise<number> {
    this.#connector.stdin.write(`${address} ${port} ${milliseconds}\n`);
    const [line] = (await once(this.#answers, 'line')) as [string];
    const [made = 0, failed = 0, cpuSeconds = 0] = line.split(' ').map(Number);
    if (failed > 0) throw new Error(`${failed} of ${made + failed} connections to ${address}:${port} failed`);
    return made / cpuSeconds;
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    for (const role of ['client', 'node', 'backend']) ip('netns', 'del', `${role}-${this.#name}`);
  }
}

function layOut(name: string): void {
  const [client, node, backend] = [`client-${name}`, `node-${name}`, `backend-${name}`];
  for (const namespace of [client, node, backend]) {
    ip('netns', 'add', namespace);
    ip('-n', namespace, 'link', 'set', 'lo', 'up');
  }
  connect(client, node, 'clients', '172.16.1');
  connect(backend, node, 'backends', '172.16.2');
  ip('-n', node, 'route', 'add', ENDPOINT_RANGE, 'via', '172.16.2.2');
  ip('-n', backend, 'route', 'add', 'local', ENDPOINT_RANGE, 'dev', 'lo');
  sysctl(node, 'net.ipv4.ip_forward=1');
  // Reset connections would fill the table within a few measurements.
  sysctl(node, 'net.netfilter.nf_conntrack_tcp_timeout_close=1');
  sysctl(client, 'net.ipv4.ip_local_port_range=1024 65535');
  sysctl(backend, 'net.core.somaxconn=65535');
}

/** A cable from `host`, which has the other end as its way to everywhere, to a port of the node. */
function connect(host: string, node: string, port: string, prefix: string): void {
  ip('link', 'add', 'eth0', 'netns', host, 'type', 'veth', 'peer', 'name', port, 'netns', node);
  ip('-n', host, 'addr', 'add', `${prefix}.2/24`, 'dev', 'eth0');
  ip('-n', node, 'addr', 'add', `${prefix}.1/24`, 'dev', port);
  ip('-n', host, 'link', 'set', 'eth0', 'up');
  ip('-n', node, 'link', 'set', port, 'up');
  ip('-n', host, 'route', 'add', 'default', 'via', `${prefix}.1`);
}

function sysctl(namespace: string, setting: string): void {
  ip('netns', 'exec', namespace, 'sysctl', '-qw', setting);
}

function ip(...args: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr.trim()}`);
}

function start(namespace: string, script: string, ...args: readonly string[]): Child {
  const file = join(import.meta.dirname, script);
  const argv = ['netns', 'exec', namespace, process.execPath, file, ...args];
  return spawn('ip', argv, { stdio: ['pipe', 'pipe', 'inherit'] });
}
