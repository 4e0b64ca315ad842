/**
 * `node pairsClientProgram.ts NAME PAIRS SERVER[:PORT]…`: asks each server for A and AAAA of NAME at once from one socket, so
 * many times and all together, as a busy resolver does. Says, as JSON, how many replies of which length came from each.
 */
import { createSocket } from 'node:dgram';
import { encode } from 'dns-packet';

/** Longer than any machine is busy: only what is lost takes so long. */
const TIMEOUT_MS = 10_000;

async function askPairs(name: string, pairs: number, server: string): Promise<Record<string, number>> {
  const [address = '', port = '53'] = server.split(':');
  const socket = createSocket('udp4');
  const lengths: Record<string, number> = {};
  const ids = new Set(Array.from({ length: 2 * pairs }, (_, id) => id));
  const all = new Promise<void>((resolve) => {
    setTimeout(resolve, TIMEOUT_MS).unref();
    socket.on('message', (reply) => {
      if (ids.delete(reply.readUInt16BE(0))) lengths[reply.length] = (lengths[reply.length] ?? 0) + 1;
      if (ids.size === 0) resolve();
    });
  });
  for (let id = 0; id < 2 * pairs; id++) {
    const type = id % 2 === 0 ? 'A' : 'AAAA';
    socket.send(
      encode({ type: 'query', id, flags: 0x0100, questions: [{ type, name }] }),
      Number(port),
      address,
    );
  }
  await all;
  socket.close();
  return lengths;
}

const [name = '', pairs = '1', ...servers] = process.argv.slice(2);
const told: Record<string, unknown> = {};
for (const server of servers) told[server] = await askPairs(name, Number(pairs), server);
process.stdout.write(`${JSON.stringify(told)}\n`);
