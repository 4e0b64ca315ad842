/**
 * `node loadProgram.ts`: a client that makes connections every few milliseconds, and keeps some for long. Takes a
 * LoadCommand a line, and answers each with a LoadReport.
 */
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { randomBytes } from 'node:crypto';
import { converse, exchangeTcp, exchangeUdp, type Target } from './exchange.ts';

export type LoadCommand =
  /** Exchanges with all of them from now on; empty ends it, once those under way are done. */
  | { readonly do: 'load'; readonly targets: readonly Target[]; readonly everyMs: number }
  /** Answers when so many more were made with each target. */
  | { readonly do: 'more'; readonly count: number }
  /** Opens connections that stay, one a target. */
  | { readonly do: 'open'; readonly targets: readonly Target[] }
  /** Tells, and does not count, which of TCP cannot be connected to. */
  | { readonly do: 'connect'; readonly targets: readonly Target[] }
  /** Tries all that stay. */
  | { readonly do: 'try' };

export interface LoadReport {
  readonly made: number;
  /** Datagrams that had to be sent again. */
  readonly again: number;
  readonly failed: readonly Failure[];
}

interface Failure {
  /** When it began, in milliseconds since the epoch. */
  readonly at: number;
  readonly what: string;
}

/** No more at once with each target: a machine that is busy is not to be flooded. */
const AT_ONCE = 8;
const OCTETS = 2_000;

let made = 0;
let again = 0;
const failed: Failure[] = [];
const stay: { readonly target: Target; readonly socket: Socket | UdpSocket }[] = [];
const counts = new Map<Target, number>();
let timers: ReturnType<typeof setInterval>[] = [];
const underWay = new Set<Promise<void>>();

for await (const line of createInterface(process.stdin)) {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const command = JSON.parse(line) as LoadCommand;
  if (command.do === 'connect') {
    tell({ made, again, failed: await unreachable(command.targets) });
    continue;
  }
  if (command.do === 'load') await load(command.targets, command.everyMs);
  else if (command.do === 'more') await more(command.count);
  else if (command.do === 'open') await Promise.all(command.targets.map(open));
  else await Promise.all(stay.map((one) => tryOne(one)));
  tell({ made, again, failed });
}
process.exit(0);

function tell(report: LoadReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function unreachable(targets: readonly Target[]): Promise<readonly Failure[]> {
  const tcp = targets.filter(({ protocol }) => protocol === 'tcp');
  const at = Date.now();
  const problems = await Promise.all(tcp.map((target) => exchangeTcp(target, 1)));
  return problems.filter((what) => what !== '').map((what) => ({ at, what }));
}

async function load(targets: readonly Target[], everyMs: number): Promise<void> {
  for (const timer of timers) clearInterval(timer);
  await Promise.all(underWay);
  counts.clear();
  timers = targets.map((target) => {
    counts.set(target, 0);
    let atOnce = 0;
    return setInterval(() => {
      if (atOnce >= AT_ONCE) return;
      atOnce += 1;
      const one = exchange(target).finally(() => {
        atOnce -= 1;
        underWay.delete(one);
      });
      underWay.add(one);
    }, everyMs);
  });
}

async function exchange(target: Target): Promise<void> {
  const at = Date.now();
  const answered =
    target.protocol === 'tcp'
      ? { problem: await exchangeTcp(target, OCTETS), again: 0 }
      : await exchangeUdp(target, OCTETS / 4);
  count(target, at, answered);
  counts.set(target, (counts.get(target) ?? 0) + 1);
}

function count({ protocol, host }: Target, at: number, answered: { problem: string; again: number }): void {
  made += 1;
  again += answered.again;
  if (answered.problem !== '') failed.push({ at, what: `${protocol} ${host}: ${answered.problem}` });
}

async function more(wanted: number): Promise<void> {
  const enough = new Map([...counts].map(([target, done]) => [target, done + wanted]));
  while ([...enough].some(([target, until]) => (counts.get(target) ?? 0) < until)) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5);
    });
  }
}

async function open(target: Target): Promise<void> {
  const { protocol, host, port } = target;
  if (protocol === 'udp') {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    stay.push({ target, socket });
  } else {
    const socket = connect({ host, port, noDelay: true });
    await once(socket, 'connect');
    stay.push({ target, socket });
  }
  await tryOne(stay.find((one) => one.target === target));
}

async function tryOne(one: (typeof stay)[number] | undefined): Promise<void> {
  if (one === undefined) return;
  const { target, socket } = one;
  const at = Date.now();
  const answered = 'bind' in socket ? await converse(socket, target, OCTETS / 4) : await echoed(socket);
  count(target, at, answered);
}

async function echoed(socket: Socket): Promise<{ problem: string; again: number }> {
  const sent = randomBytes(OCTETS);
  let got = Buffer.alloc(0);
  const problem = await new Promise<string>((resolve) => {
    const take = (chunk: Buffer): void => {
      got = Buffer.concat([got, chunk]);
      if (got.length >= sent.length) resolve('');
    };
    socket.on('data', take);
    socket.once('error', (error) => resolve(`a connection that stays: ${error.message}`));
    socket.once('close', () => resolve('a connection that stays has closed'));
    if (socket.destroyed) resolve('a connection that stays has closed');
    socket.write(sent);
  });
  socket.removeAllListeners('data');
  socket.removeAllListeners('error').removeAllListeners('close');
  socket.on('error', () => undefined);
  if (problem !== '') return { problem, again: 0 };
  return { problem: got.equals(sent) ? '' : 'other octets came back', again: 0 };
}
