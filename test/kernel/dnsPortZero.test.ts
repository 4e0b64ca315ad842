import koffi from 'koffi';
import { expect, test } from 'vitest';
import { askUdp, makeQuery } from '../dns/support/ask.ts';
import { pictureOf, RECORDS } from '../dns/support/cluster.ts';
import { startServer } from '../dns/support/server.ts';
import { inSandbox } from '../support/net.ts';

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_UDP = 17;

/** Sends a UDP packet from a port of our choice, which only a raw socket can do. */
function sendFrom(sourcePort: number, port: number, payload: Uint8Array): number {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const sendto = libc.func('long sendto(int, const uint8_t *, size_t, int, const uint8_t *, int)');
  const close = libc.func('int close(int)');
  const packet = Buffer.concat([Buffer.alloc(8), payload]);
  packet.writeUInt16BE(sourcePort, 0);
  packet.writeUInt16BE(port, 2);
  packet.writeUInt16BE(packet.length, 4);
  const to = Buffer.alloc(16);
  to.writeUInt16LE(AF_INET, 0);
  to.writeUInt16BE(port, 2);
  to.set([127, 0, 0, 1], 4);
  const fd = Number(socket(AF_INET, SOCK_RAW, IPPROTO_UDP));
  const sent = Number(sendto(fd, packet, packet.length, 0, to, to.length));
  close(fd);
  return sent;
}

// Anybody can forge such a packet, and sending to port 0 throws.
const ways = ['dgram', 'threads'] as const;
test.skipIf(!inSandbox).each(ways)(
  '%s: a query from port 0 is dropped, and the server goes on',
  async (udp) => {
    await using server = await startServer(pictureOf(RECORDS), { udp });
    const query = makeQuery('svc1.testns.svc.cluster.local', 'A');
    for (let i = 0; i < 10; i++) expect(sendFrom(0, server.address.port, query)).toBe(8 + query.length);
    const before = server.dns.counters().queries;
    expect((await askUdp(server.address, query)).length).toBe(query.length + 16);
    // The forged queries came first, and were not even looked at.
    expect(server.dns.counters().queries).toBe(before + 1);
  },
);
