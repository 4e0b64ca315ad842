/** The world of the conformance list in namespaces, with real rules and real sockets. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { systemClock } from '../../src/host/clock.ts';
import { type Exec, systemExec } from '../../src/host/exec.ts';
import type { ObjectRecord } from '../../src/kube/records.ts';
import { FAMILIES, type Family } from '../../src/net/ip.ts';
import { inNetns, mustRun, type Netns } from '../../src/playground/network/netns.ts';
import type { Backend, Mode } from '../../src/proxy/backend.ts';
import { createIptablesBackend } from '../../src/proxy/iptables/backend.ts';
import type { ProxySettings } from '../../src/proxy/settings.ts';
import { RELAY_ADDRESSES } from '../../src/proxy/userspace/addresses.ts';
import { ADDRESSES, LOCAL, POD_BRIDGE, portsOf, settingsOf, twin } from '../conformance/fixture.ts';
import type { Client, FlowSettings } from '../conformance/flow.ts';
import { FLOW_GROUPS } from '../conformance/flows.ts';
import { FakeLog } from '../fake/log.ts';
import { loadedCatalog } from '../proxy/cluster.ts';
import type { FlowReply, FlowRequest } from '../support/flowClientProgram.ts';
import type { NodeRequest } from '../support/modesNodeProgram.ts';
import { TestNet } from '../support/net.ts';
import { LineAnswers } from './lineAnswers.ts';
import { sysctlIn } from './sysctlIn.ts';

const PROGRAMS = join(import.meta.dirname, '../support');

/**
 * Health-check node ports, and relays, are accepted whatever the node's own rules say of them: these say no. Ports
 * above are those that the kernel gives to clients.
 */
const foreign = (family: Family): string =>
  [
    '*filter',
    '-A INPUT -p tcp -m tcp --dport 32000:32767 -j DROP',
    `-A INPUT -d ${RELAY_ADDRESSES[family]} -j DROP`,
    'COMMIT\n',
  ].join('\n');

export class ConformanceWorld implements AsyncDisposable {
  readonly mode: Mode;
  readonly #net = new TestNet();
  readonly #clients = new Map<Client, FlowClient>();
  #relayNode: LineAnswers<NodeRequest, readonly string[]> | undefined;
  readonly #variant: 'nft' | 'legacy';
  #exec: Exec = systemExec;

  constructor(variant: 'nft' | 'legacy', mode: Mode = 'iptables') {
    this.#variant = variant;
    this.mode = mode;
  }

  async start(): Promise<void> {
    const node = await this.#net.namespace('node');
    this.#exec = { run: (argv, options) => systemExec.run(inNetns(node.name, argv), options) };
    await this.#net.forward(node);
    // Refusals are ICMP errors: the kernel would hold back those that rows of one client get one after the other.
    const sysctls = ['net.ipv4.icmp_ratelimit=0', 'net.ipv6.icmp.ratelimit=0'];
    await mustRun(this.#exec, ['sysctl', '-qw', ...sysctls]);
    for (const family of FAMILIES) {
      const restore = `${programOf(family)}-${this.#variant}-restore`;
      await mustRun(this.#exec, [restore, '--noflush'], foreign(family));
    }
    const { pod, external, blocked } = ADDRESSES;
    const local = [ADDRESSES['local-1'], ADDRESSES['local-2'], ADDRESSES['local-3']];
    const remote = [ADDRESSES['remote-1'], ADDRESSES['remote-2']];
    const [pods, outside, here, there] = [
      await this.#bridged(node, 'pod', '10.0.0.1', pod),
      await this.#neighbour(node, 'outside', ['203.0.113.1'], [external, blocked]),
      await this.#neighbour(node, 'here', ['10.180.0.254'], local),
      await this.#neighbour(node, 'there', ['10.180.2.254'], remote),
    ];
    const gateway = await this.#gateway(node);
    const served = ['::'];
    await Promise.all([
      this.#serve(here, local.flatMap(bothOf)),
      this.#serve(there, remote.flatMap(bothOf)),
      this.#serve(gateway, served),
    ]);
    const clients: Readonly<Record<Exclude<Client, 'VIP'>, Netns>> = {
      pod: pods,
      node,
      localhost: node,
      external: outside,
      blocked: outside,
      'local-1': here,
    };
    const byNetns = new Map<Netns, FlowClient>();
    for (const [name, netns] of Object.entries(clients)) {
      const client = byNetns.get(netns) ?? new FlowClient(this.#start(netns, 'flowClientProgram.ts'));
      byNetns.set(netns, client);
      this.#clients.set(name as Client, client);
    }
    if (this.mode === 'userspace') {
      this.#relayNode = new LineAnswers(this.#start(node, 'modesNodeProgram.ts', this.#variant));
    }
  }

  /** As a new agent makes it, on a machine where the programs of one family may not work. */
  backend(settings: ProxySettings, broken?: Family): Promise<Backend> {
    const program = broken === undefined ? undefined : programOf(broken);
    return createIptablesBackend({
      settings: { ...settings, iptablesBackend: this.#variant },
      exec: {
        run: (argv, options) =>
          program !== undefined && argv[0].startsWith(`${program}-`) && !argv.includes('--version')
            ? Promise.resolve({
                code: 3,
                stdout: '',
                stderr: `${program}: Perhaps your kernel needs to be upgraded.`,
              })
            : this.#exec.run(argv, options),
      },
      sysctl: sysctlIn(this.#exec),
      log: new FakeLog(),
      clock: systemClock,
      localAddresses: () => Promise.resolve(LOCAL),
    });
  }

  /** Brings the node to what the agent would make of these objects with these settings. */
  async sync(records: readonly ObjectRecord[], settings: FlowSettings = {}): Promise<void> {
    if (this.#relayNode === undefined) {
      await (await this.backend(settingsOf(settings))).sync(loadedCatalog(records).picture, undefined);
      return;
    }
    const problems = await this.#relayNode.ask({ settings, records });
    if (problems.length > 0) throw new Error(problems.join('; '));
  }

  /** What is in the kernel now, as iptables prints it. */
  async rules(family: Family): Promise<string> {
    return (await mustRun(this.#exec, [`${programOf(family)}-${this.#variant}-save`])).stdout;
  }

  /** Where relays listen for TCP, or UDP: ports. */
  async relayed(protocol: 'tcp' | 'udp', family: Family): Promise<readonly number[]> {
    const kind = protocol === 'tcp' ? '-t' : '-u';
    const { stdout } = await mustRun(this.#exec, ['ss', '-Hln', kind, 'src', `[${RELAY_ADDRESSES[family]}]`]);
    return [...stdout.matchAll(/:(\d+)\s/g)].map(([, port]) => Number(port));
  }

  ask(client: Client, request: Omit<FlowRequest, 'id'>): Promise<readonly string[]> {
    return this.#clients.get(client)?.ask(request) ?? Promise.reject(new Error(`no client ${client}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#net[Symbol.asyncDispose]();
  }

  /** Behind a bridge, as many network plugins have their pods. */
  async #bridged(node: Netns, name: string, near: string, far: string): Promise<Netns> {
    const netns = await this.#net.namespace(name);
    const [port] = await this.#net.link(node, [], netns, onLink(far).slice());
    await this.#net.ip(
      node,
      `link add ${POD_BRIDGE} type bridge`,
      `link set ${port} master ${POD_BRIDGE}`,
      ...onLink(near).map((address) => `address add ${address} dev ${POD_BRIDGE}${nodad(address)}`),
      `link set ${POD_BRIDGE} up`,
    );
    await this.#net.ip(netns, ...bothOf(near).map((address) => `route add default via ${address}`));
    return netns;
  }

  async #neighbour(node: Netns, name: string, near: string[], far: string[]): Promise<Netns> {
    const netns = await this.#net.namespace(name);
    await this.#net.link(node, near.flatMap(onLink), netns, far.flatMap(onLink));
    const [router = ''] = near;
    await this.#net.ip(netns, ...bothOf(router).map((address) => `route add default via ${address}`));
    return netns;
  }

  /** What no rule rewrites ends up here, and is answered in the name of the Service's address. */
  async #gateway(node: Netns): Promise<Netns> {
    const gateway = await this.#neighbour(
      node,
      'gateway',
      [ADDRESSES.node, ADDRESSES.node2],
      ['192.168.0.1'],
    );
    await this.#net.ip(node, ...bothOf('192.168.0.1').map((address) => `route add default via ${address}`));
    const services = ['172.30.0.0/16', '198.18.0.0/16'].flatMap(bothOf);
    await this.#net.ip(gateway, ...services.map((prefix) => `route add local ${prefix} dev lo`));
    return gateway;
  }

  async #serve(netns: Netns, addresses: readonly string[]): Promise<void> {
    const ports = FLOW_GROUPS.flatMap(({ services }) => Object.values(services))
      .flatMap(portsOf)
      .flatMap(({ port, target }) => [port, target]);
    const server = this.#start(netns, 'flowServerProgram.ts', [...new Set(ports)].join(), addresses.join());
    const started = await Promise.race([
      once(server.stdout, 'data').then(() => true),
      once(server, 'exit').then(() => false),
    ]);
    if (!started) throw new Error(`no server in ${netns.name}`);
  }

  #start(netns: Netns, program: string, ...args: string[]): ReturnType<TestNet['start']> {
    return this.#net.start(netns, process.execPath, join(PROGRAMS, program), ...args);
  }
}

function programOf(family: Family): string {
  return family === 'IPv4' ? 'iptables' : 'ip6tables';
}

/** A program in a namespace that makes connections. */
class FlowClient {
  readonly #program: ChildProcess;
  readonly #waiting = new Map<number, (answers: readonly string[]) => void>();
  #next = 0;

  constructor(program: ChildProcess & { stdout: NodeJS.ReadableStream }) {
    this.#program = program;
    createInterface(program.stdout).on('line', (line) => {
      const { id, answers } = JSON.parse(line) as FlowReply;
      this.#waiting.get(id)?.(answers);
      this.#waiting.delete(id);
    });
  }

  ask(request: Omit<FlowRequest, 'id'>): Promise<readonly string[]> {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#program.stdin?.write(`${JSON.stringify({ ...request, id })}\n`);
    });
  }
}

function bothOf(text: string): readonly string[] {
  return [text, twin(text)];
}

/** An address that is looked for twice on its link can be used only then. */
function nodad(address: string): string {
  return address.includes(':') ? ' nodad' : '';
}

function onLink(address: string): readonly string[] {
  return [`${address}/24`, `${twin(address)}/64`];
}
