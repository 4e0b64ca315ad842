import { describe, expect, test } from 'vitest';
import { decode, encode } from 'dns-packet';
import { askUdp, makeQuery } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { fakeForwarder } from '../support/forwarding.ts';
import { startServer } from '../support/server.ts';
import { show } from '../support/show.ts';

/** A connected socket, as libc's resolvers use, hears only the address that it asked. */
describe('A11 a reply comes from the very address that was asked', () => {
  test.each(['127.0.0.1', '127.0.0.2', '127.53.0.53', '::1'])('%s', async (address) => {
    const forwarder = fakeForwarder(async (query) => {
      await new Promise((resolve) => setImmediate(resolve));
      const { id, questions } = decode(Buffer.from(query));
      return encode({ type: 'response', id, flags: 0x180, questions });
    });
    await using server = await startServer(pictureOf(RECORDS), { forwarder, listen: address });
    const { port } = server.address;
    await server.dns.listen({ address: '127.0.0.9', port: 0 });
    const names = ['svc1.testns.svc.cluster.local', 'late.example'];
    for (const name of names) {
      // Many at once, so that replies leave in batches too.
      const asked = Array.from({ length: 20 }, (_, id) =>
        askUdp({ address, port }, makeQuery(name, 'A', { id })),
      );
      const ids = (await Promise.all(asked)).map((reply) => show(reply).id);
      expect(ids).toEqual(Array.from({ length: 20 }, (_, id) => id));
    }
  });
});
