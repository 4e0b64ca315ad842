/**
 * `node heldUpstreamProgram.ts ANSWER ADDRESS PORT` is a DNS server that says `listening`, then `asked` for the first
 * query, and holds all queries until its standard input says anything. From then on ANSWER is told for every A query.
 */
import { createSocket, type RemoteInfo } from 'node:dgram';
import { decode, encode } from 'dns-packet';

const [answer = '', address = '', port = ''] = process.argv.slice(2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const held: (readonly [message: Buffer, peer: RemoteInfo])[] = [];
let holding = true;

const udp = createSocket('udp4');
udp.on('message', (message, peer) => {
  if (!holding) return reply(message, peer);
  held.push([message, peer]);
  if (held.length === 1) say('asked');
});
udp.bind(Number(port), address, () => say('listening'));
process.stdin.once('data', () => {
  holding = false;
  for (const [message, peer] of held) reply(message, peer);
});
process.stdin.on('end', () => process.exit(0));

function reply(message: Buffer, peer: RemoteInfo): void {
  const { id, questions } = decode(message);
  const answers = questions.flatMap(({ name, type }) =>
    type === 'A' ? [{ type: 'A' as const, name, ttl: 5, data: answer }] : [],
  );
  udp.send(encode({ type: 'response', id, flags: 0x0180, questions, answers }), peer.port, peer.address);
}
