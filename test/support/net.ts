/**
 * Namespaces, links and servers for kernel tests:
 *
 *     await using net = new TestNet();
 *     const node = await net.namespace('node');
 *     const pod = await net.namespace('pod');
 *     await net.link(node, ['10.244.1.1/24'], pod, ['10.244.1.2/24']);
 *     await net.echo(pod, 'web-1');
 *     (await node.run('curl', '-s', 'http://10.244.1.2:8080/')).stdout; // 'web-1 on test, asked by 10.244.1.1:…'
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { systemExec } from '../../src/host/exec.ts';
import {
  inNetns,
  ipBatch,
  link,
  makeNetns,
  mustRun,
  type Netns,
  removeNetns,
} from '../../src/playground/network/netns.ts';

export const inSandbox: boolean = process.env['FAIRLEAD_SANDBOX'] === '1';

export class TestNet implements AsyncDisposable {
  static #nets = 0;
  readonly #id = `${process.pid}-${TestNet.#nets++}`;
  readonly #namespaces: Netns[] = [];
  readonly #programs: ChildProcess[] = [];
  readonly #last: (() => void | Promise<void>)[] = [];
  #links = 0;
  #ended = false;

  /** Its real name has this process's id in it, and a number: test files share one sandbox, tests one process. */
  async namespace(name: string): Promise<Netns> {
    if (!inSandbox) throw new Error('kernel tests run inside `sh scripts/sandbox.sh`');
    const netns = await makeNetns(systemExec, `${name}-${this.#id}-${this.#namespaces.length}`);
    this.#namespaces.push(netns);
    return netns;
  }

  /** Joins two namespaces by a veth pair; gives the interface's name on each side. */
  async link(a: Netns, aAddresses: string[], b: Netns, bAddresses: string[]): Promise<[string, string]> {
    const n = this.#links++;
    const ends = [`veth${n}a`, `veth${n}b`] as const;
    await link(
      systemExec,
      { netns: a.name, device: ends[0], addresses: aAddresses },
      { netns: b.name, device: ends[1], addresses: bAddresses },
    );
    return [ends[0], ends[1]];
  }

  /** `ip` commands in a namespace, without the word `ip`: `route add default via 10.0.0.1`. */
  async ip(netns: Netns, ...commands: string[]): Promise<void> {
    await ipBatch(systemExec, netns.name, commands);
  }

  /** Makes the namespace route: both families. */
  async forward(netns: Netns): Promise<void> {
    const settings = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1'];
    await mustRun(systemExec, inNetns(netns.name, ['sysctl', '-qw', ...settings]));
  }

  /** A server that answers `NAME on test, asked by ADDRESS:PORT`: HTTP and UDP on `port`, TCP echo on `echoPort`. */
  async echo(netns: Netns, name: string, port = 8080, echoPort = 9090): Promise<ChildProcess> {
    const program = join(import.meta.dirname, 'echoProgram.ts');
    const child = this.start(netns, process.execPath, program, name, String(port), String(echoPort));
    const started = await Promise.race([
      once(child.stdout, 'data').then(() => true),
      once(child, 'exit').then(() => false),
    ]);
    if (!started) throw new Error(`echo server ${name} did not start: is port ${port} taken?`);
    return child;
  }

  /** Starts a program in the namespace; it is killed with this object. */
  start(netns: Netns, ...argv: [string, ...string[]]): ChildProcess & { stdout: NodeJS.ReadableStream } {
    const [program, ...args] = inNetns(netns.name, argv);
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#programs.push(child);
    return child;
  }

  /** To be done when all of this is gone. */
  atEnd(work: () => void | Promise<void>): void {
    this.#last.push(work);
  }

  /** Nothing is to be started again. */
  get ended(): boolean {
    return this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    for (const program of this.#programs) program.kill('SIGKILL');
    for (const netns of this.#namespaces) await removeNetns(systemExec, netns.name);
    for (const work of this.#last) await work();
  }
}
