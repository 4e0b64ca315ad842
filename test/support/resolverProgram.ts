/**
 * `node resolverProgram.ts musl|go|node NAME…`: looks each name up as that library does, from this machine's own
 * /etc/resolv.conf, and says `NAME ADDRESS…`, or `NAME` and why there is none.
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { decode, encode } from 'dns-packet';

type Family = 'A' | 'AAAA';
type Message = ReturnType<typeof decode>;

const FAMILIES = ['A', 'AAAA'] as const;
const TIMEOUT_MS = 5000;

const conf = readFileSync('/etc/resolv.conf', 'utf8');
const words = (key: string): string[] =>
  conf
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .flatMap(([first, ...rest]) => (first === key ? rest : []));
const servers = words('nameserver');
const ndots = Number(
  words('options')
    .find((option) => option.startsWith('ndots:'))
    ?.slice(6) ?? 1,
);

/** Names in the order in which both libraries ask for them. */
function candidates(name: string): string[] {
  if (name.endsWith('.')) return [name.slice(0, -1)];
  const searched = words('search').map((domain) => `${name}.${domain}`);
  return name.split('.').length - 1 >= ndots ? [name, ...searched] : [...searched, name];
}

function query(name: string, type: Family, edns: boolean): Buffer {
  const id = Math.floor(Math.random() * 0x1_0000);
  const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, flags: 0, options: [] };
  const additionals = edns ? [opt] : [];
  return encode({ type: 'query', id, flags: 0x100, questions: [{ type, name }], additionals });
}

const rcodeOf = ({ flags }: Message): number => flags & 0xf;
const addressesIn = ({ answers }: Message): string[] =>
  answers.flatMap(({ type, data }) => (type === 'A' || type === 'AAAA' ? [String(data)] : []));

/**
 * musl 1.2.5, res_msend.c: both families from one socket, to all servers at once. A reply counts when it comes from the
 * very address and port that was asked, and says NOERROR or NXDOMAIN; all else is as if it had never come.
 */
async function muslAsk(name: string): Promise<Message[]> {
  const socket = createSocket(servers[0]?.includes(':') === true ? 'udp6' : 'udp4');
  const queries = FAMILIES.map((type) => query(name, type, false));
  const replies = new Map<number, Message>();
  const whole = new Promise<void>((resolve) => {
    socket.on('message', (packet, { address, port }) => {
      if (port !== 53 || !servers.includes(address)) return;
      const message = decode(packet);
      const asked = queries.findIndex((one) => one.readUInt16BE(0) === message.id);
      if (asked >= 0 && [0, 3].includes(rcodeOf(message))) replies.set(asked, message);
      if (replies.size === queries.length) resolve();
    });
  });
  for (const server of servers) for (const one of queries) socket.send(one, 53, server);
  await Promise.race([
    whole,
    new Promise((_, reject) => setTimeout(() => reject(late(name)), TIMEOUT_MS).unref()),
  ]);
  socket.close();
  return [...replies.values()];
}

/** A denial of either family denies the name; a name without addresses ends the search. */
async function musl(name: string): Promise<string[]> {
  for (const candidate of candidates(name)) {
    const replies = await muslAsk(candidate);
    if (replies.some((reply) => rcodeOf(reply) === 3)) continue;
    return replies.flatMap(addressesIn);
  }
  return [];
}

/** Go's net package: a new connected socket for each question, with EDNS; what looks like a lame server is an error. */
async function goAsk(name: string, type: Family): Promise<Message> {
  const [server = ''] = servers;
  const socket: Socket = createSocket(server.includes(':') ? 'udp6' : 'udp4');
  socket.connect(53, server);
  await once(socket, 'connect');
  const sent = query(name, type, true);
  const reply = once(socket, 'message', { signal: AbortSignal.timeout(TIMEOUT_MS) });
  socket.send(sent);
  const [packet] = (await reply) as [Buffer];
  socket.close();
  const message = decode(packet);
  if (message.id !== sent.readUInt16BE(0)) throw new Error('reply with another id');
  const { answers, additionals } = message;
  const lame = answers.length === 0 && additionals.every((record) => record.type === 'OPT');
  if (rcodeOf(message) === 0 && lame && (message.flags & 0x480) === 0) throw new Error('server misbehaving');
  if (![0, 3].includes(rcodeOf(message))) throw new Error(`rcode ${rcodeOf(message)}`);
  return message;
}

async function go(name: string): Promise<string[]> {
  for (const candidate of candidates(name)) {
    const replies = await Promise.all(FAMILIES.map((type) => goAsk(candidate, type)));
    const found = replies.flatMap(addressesIn);
    if (found.length > 0) return found;
  }
  return [];
}

/** The C library of this machine, by way of getaddrinfo. */
async function node(name: string): Promise<string[]> {
  const found = await lookup(name, { all: true }).catch(() => []);
  return found.map(({ address }) => address);
}

function late(name: string): Error {
  return new Error(`no usable reply for ${name}`);
}

const LIBRARIES: Readonly<Record<string, (name: string) => Promise<string[]>>> = { musl, go, node };
const [library = '', ...names] = process.argv.slice(2);
for (const name of names) {
  const found = await LIBRARIES[library]?.(name).catch((error: unknown) => [String(error)]);
  process.stdout.write(`${[name, ...(found ?? [])].join(' ')}\n`);
}
