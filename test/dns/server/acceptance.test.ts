import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askTcp, framed, makeQuery, openTcp, readReplies } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { ACCEPTANCE_ROWS, HEADER, hex, QUESTION } from './acceptance.data.ts';

describe('what is answered, how, and what is not', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(pictureOf(RECORDS));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(ACCEPTANCE_ROWS)('%s', async (_, packet, expected) => {
    const reply = await firstReply(server, hex(packet));
    expect(reply?.subarray(0, 2).toString('hex')).toBe(expected === undefined ? undefined : '1234');
    const head = reply
      ?.subarray(2, 12)
      .toString('hex')
      .replaceAll(/(.{4})(?=.)/g, '$1 ');
    expect(head).toBe(expected);
  });

  test.each(ACCEPTANCE_ROWS)('%s, on TCP', async (_, packet, expected) => {
    // What deserves no reply is skipped: the next query on the connection is answered.
    const socket = await openTcp(server.address);
    socket.write(
      Buffer.concat([framed(hex(packet)), framed(makeQuery('pod.cluster.local', 'A', { id: 99 }))]),
    );
    const replies = await readReplies(socket, expected === undefined ? 1 : 2);
    socket.destroy();
    const heads = replies.map((reply) =>
      reply
        .subarray(2, 12)
        .toString('hex')
        .replaceAll(/(.{4})(?=.)/g, '$1 '),
    );
    const after = '8500 0001 0000 0001 0000';
    expect(heads).toEqual(expected === undefined ? [after] : [expected, after]);
  });

  test('the question comes back octet by octet', async () => {
    const query = makeQuery('sVC1.tEsTnS.sVc.cluSTer.lOCal', 'A');
    const reply = await askTcp(server.address, query);
    expect(reply.subarray(12, query.length).equals(query.subarray(12))).toBe(true);
  });
});

describe('EDNS', () => {
  const cases = [
    ['nothing asked for', '1000 00000000', '', '04d0 00000000', ''],
    ['a size below 512', '0000 00000000', '', '04d0 00000000', ''],
    ['DO, and the other bits of its field', '1000 0000ffff', '', '04d0 00008000', ''],
    [
      'NSID, PADDING, KEEPALIVE and EXPIRE come back',
      '1000 00000000',
      '0003 0000 000c 0002 0000 000b 0000 0009 0000',
      '04d0 00000000',
      '0003 0000 000c 0002 0000 000b 0000 0009 0000',
    ],
    [
      'COOKIE and client subnet do not',
      '1000 00000000',
      '000a 0008 0102030405060708 0008 0004 00010000',
      '04d0 00000000',
      '',
    ],
    ['version 1 is answered with ours and an extended rcode', '1000 00010000', '', '04d0 01000000', ''],
    ['version 1 with DO', '0000 00018000', '', '04d0 01008000', ''],
  ] as const;

  test.each(cases)('%s', async (_, head, options, replyHead, replyOptions) => {
    await using server = await startServer(pictureOf(RECORDS));
    const rdata = hex(options);
    const length = rdata.length.toString(16).padStart(4, '0');
    const packet = hex(
      `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} 00 0029 ${head} ${length} ${options}`,
    );
    const reply = await askTcp(server.address, packet);
    const expected = hex(replyOptions);
    const size = expected.length.toString(16).padStart(4, '0');
    const opt = hex(`00 0029 ${replyHead} ${size} ${replyOptions}`);
    expect(reply.subarray(-opt.length).toString('hex')).toBe(opt.toString('hex'));
  });
});

describe('class CHAOS', () => {
  test.each([
    ['version.bind', 'Fairlead'],
    ['VERSION.server', 'Fairlead'],
    ['hostname.bind', 'n1'],
    ['id.server', 'n1'],
    ['authors.bind', 'the Fairlead authors'],
  ])('%s TXT is %s', async (name, text) => {
    await using server = await startServer(pictureOf(RECORDS));
    const query = makeQuery(name, 'TXT');
    query.writeUInt16BE(3, query.length - 2);
    const reply = await askTcp(server.address, query);
    expect(reply.subarray(2, 12).toString('hex')).toBe('85000001000100000000');
    expect(reply.subarray(-text.length - 1).toString()).toBe(`${String.fromCharCode(text.length)}${text}`);
    // TTL 0
    expect(reply.readUInt32BE(query.length + 6)).toBe(0);
  });
});

/** Sends a packet and an ordinary query behind it; gives the reply to the packet, if it comes first. */
async function firstReply(server: TestServer, packet: Buffer): Promise<Buffer | undefined> {
  const socket = createSocket('udp4');
  try {
    socket.connect(server.address.port, server.address.address);
    await once(socket, 'connect');
    socket.send(packet);
    socket.send(makeQuery('pod.cluster.local', 'A', { id: 99 }));
    const [reply] = (await once(socket, 'message')) as [Buffer];
    return reply.readUInt16BE(0) === 99 ? undefined : reply;
  } finally {
    socket.close();
  }
}
