/**
 * `node dnsAgentProgram.ts ANSWER LISTEN` serves DNS on `ADDRESS:PORT`, telling ANSWER for every A query.
 * `node dnsAgentProgram.ts ANSWER claim VARIANT CLUSTER_IP…` claims the addresses as an agent does, tells what it
 * answers, and then does as its standard input says: `claim ADDRESS…`, `release`, `cleanup`.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { decode, encode } from 'dns-packet';
import { createNodeDns } from '../../src/dns/node/createNodeDns.ts';
import { systemClock } from '../../src/host/clock.ts';
import { systemExec } from '../../src/host/exec.ts';
import { FAMILIES } from '../../src/net/ip.ts';
import type { SocketAddress } from '../../src/net/socketAddress.ts';
import { installedVariants, toolsOf } from '../../src/proxy/iptables/kernel/tools.ts';

const [answer = '', what = '', ...rest] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const sayError = (fields: object, message: string): void => say(`log: ${message} ${JSON.stringify(fields)}`);
const log = { debug: () => undefined, info: () => undefined, warn: sayError, error: sayError };

function reply(message: Buffer): Buffer {
  const { id, questions } = decode(message);
  const answers = questions.map(({ name }) => ({ type: 'A', name, ttl: 5, data: answer }));
  return encode({ type: 'response', id, flags: 0x0580, questions, answers });
}

async function listen({ address, port }: SocketAddress): Promise<void> {
  const udp = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', reuseAddr: true });
  udp.on('message', (message, peer) => udp.send(reply(message), peer.port, peer.address));
  await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, address, resolve));
  const tcp = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const message = reply(chunk.subarray(2));
      socket.end(Buffer.concat([Buffer.from([message.length >> 8, message.length & 0xff]), message]));
    });
  });
  await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(port, address, resolve));
}

if (what === 'claim') {
  const [variant = '', ...addresses] = rest;
  const installed = (await installedVariants(systemExec)).find((one) => one.variant === variant);
  if (installed === undefined) throw new Error(`iptables-${variant} is not installed`);
  const nodeDns = createNodeDns({
    exec: systemExec,
    clock: systemClock,
    log,
    listener: { listen, unlisten: () => Promise.resolve() },
    programs: FAMILIES.map((family) => toolsOf(installed, family)),
  });
  say(`claimed ${(await nodeDns.claim(addresses)).join(' ')}`);
  for await (const line of createInterface(process.stdin)) {
    const [command, ...args] = line.split(' ');
    if (command === 'claim') say(`claimed ${(await nodeDns.claim(args)).join(' ')}`);
    if (command === 'release') await nodeDns.release().then(() => say('released'));
    if (command === 'cleanup') await nodeDns.cleanup().then(() => say('cleaned'));
  }
} else {
  for (const text of [what, ...rest]) {
    const [, address = '', port = ''] = /^\[?([^\]]+)\]?:(\d+)$/.exec(text) ?? [];
    await listen({ address, port: Number(port) });
  }
  say('listening');
  process.stdin.on('end', () => process.exit(0)).resume();
}
