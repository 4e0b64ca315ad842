/** Named network namespaces and the veth pairs between them. Works only where we are root: in the sandbox. */
import type { Exec, ExecResult } from '../../host/exec.ts';

export interface Netns {
  readonly name: string;
  /** Runs a program in the namespace to its end; never rejects. */
  run(...argv: [string, ...string[]]): Promise<ExecResult>;
}

/** One end of a veth pair. */
export interface LinkEnd {
  readonly netns: string;
  /** Interface name: the kernel takes 15 characters at most. */
  readonly device: string;
  /** With prefix lengths: `10.244.1.2/24`, `fd00::2/64`. */
  readonly addresses: readonly string[];
}

/**
 * Makes a network namespace with its loopback up. Rejects with the message of `ip` when it exists or we are not
 * root.
 */
export async function makeNetns(exec: Exec, name: string): Promise<Netns> {
  await mustRun(exec, ['ip', 'netns', 'add', name]);
  await ipBatch(exec, name, ['link set lo up']);
  // Addresses of a veth would stay tentative for a second or two, and cannot be bound meanwhile.
  await mustRun(exec, inNetns(name, ['sysctl', '-qw', 'net.ipv6.conf.default.accept_dad=0']));
  return { name, run: (...argv) => exec.run(inNetns(name, argv)) };
}

/** Removes a namespace; what runs in it keeps it alive, nameless, until it ends. */
export async function removeNetns(exec: Exec, name: string): Promise<void> {
  await exec.run(['ip', 'netns', 'delete', name]);
}

/** A veth pair between two namespaces, with its addresses, up on both ends. */
export async function link(exec: Exec, a: LinkEnd, b: LinkEnd): Promise<void> {
  await ipBatch(exec, a.netns, [`link add ${a.device} type veth peer name ${b.device} netns ${b.netns}`]);
  for (const end of [a, b]) await ipBatch(exec, end.netns, linkUp(end));
}

/**
 * `ip` commands, one a line, in one process: a start of `ip` costs more than what it does. An empty name is the
 * namespace we are in.
 */
export async function ipBatch(exec: Exec, netns: string, lines: readonly string[]): Promise<void> {
  const where = netns === '' ? [] : ['-netns', netns];
  await mustRun(exec, ['ip', ...where, '-batch', '-'], `${lines.join('\n')}\n`);
}

export function inNetns(name: string, argv: readonly [string, ...string[]]): [string, ...string[]] {
  return ['ip', 'netns', 'exec', name, ...argv];
}

/** Runs a program that has to succeed; rejects with its command line and what it said. */
export async function mustRun(
  exec: Exec,
  argv: readonly [string, ...string[]],
  stdin = '',
): Promise<ExecResult> {
  const result = await exec.run(argv, { stdin, timeoutMs: 20_000 });
  if (result.code === 0) return result;
  throw new Error(`${argv.join(' ')}: exit code ${result.code}: ${result.stderr.trim()}`);
}

function linkUp(end: LinkEnd): string[] {
  return [
    ...end.addresses.map((address) => `address add ${address} dev ${end.device}${nodad(address)}`),
    `link set ${end.device} up`,
  ];
}

function nodad(address: string): string {
  return address.includes(':') ? ' nodad' : '';
}
