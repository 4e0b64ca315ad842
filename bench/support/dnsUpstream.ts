/**
 * An authoritative server that knows every name, for caches to ask: `node bench/support/dnsUpstream.ts PORT`.
 *
 * A is 192.0.2.1 with a TTL of five minutes; names that begin with `no-` do not exist; everything else has no records.
 * Prints a line once it answers.
 */
import { createSocket } from 'node:dgram';
import { TYPE } from '../../src/dns/wire/codes.ts';
import { questionOf, putU16 } from '../../src/dns/wire/layout.ts';

const TTL = 300;
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
socket.on('message', (query, from) => {
  const question = questionOf(query);
  if (question === undefined) return;
  const denied = query.toString('latin1', 13, 16).toLowerCase() === 'no-';
  const records = question.type === TYPE.A && !denied ? A_RECORD : SOA_RECORD;
  const reply = Buffer.concat([query.subarray(0, question.end), records]);
  putU16(reply, 2, 0x8580 | (denied ? 3 : 0));
  putU16(reply, 6, records === A_RECORD ? 1 : 0);
  putU16(reply, 8, records === A_RECORD ? 0 : 1);
  putU16(reply, 10, 0);
  socket.send(reply, from.port, from.address);
});
socket.bind(Number(process.argv[2]), '127.0.0.1', () => process.stdout.write('ready\n'));

const A_RECORD = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, TTL >> 8, TTL & 0xff, 0, 4, 192, 0, 2, 1]);
/** Owner, both names and all numbers but the minimum are empty. */
const SOA_RECORD = Buffer.concat([
  Buffer.from([0, 0, 6, 0, 1, 0, 0, TTL >> 8, TTL & 0xff, 0, 22, 0, 0]),
  Buffer.alloc(18),
  Buffer.from([TTL >> 8, TTL & 0xff]),
]);
