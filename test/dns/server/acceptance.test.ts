import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askTcp, framed, makeQuery, openTcp, readReplies } from '../support/ask.ts';
import { pictureOf, RECORDS } from '../support/cluster.ts';
import { startServer, type TestServer } from '../support/server.ts';

/** Octets of a message from hexadecimal digits; spaces and what follows `;` are for the reader. */
function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/;.*$/gm, '').replaceAll(/\s/g, ''), 'hex');
}

// svc1.testns.svc.cluster.local
const NAME = '04 73766331  06 746573746e73  03 737663  07 636c7573746572  05 6c6f63616c  00';
const QUESTION = `${NAME} 0001 0001`;
const OPT = '00 0029 1000 00000000 0000';

const HEADER = (flags: string, counts = '0001 0000 0000 0000'): string => `1234 ${flags} ${counts}`;

/** Packet, and the reply's second word of the header, number of questions, and records; or no reply. */
const ROWS: readonly (readonly [title: string, packet: string, reply: string | undefined])[] = [
  ['an ordinary query', `${HEADER('0100')} ${QUESTION}`, '8500 0001 0001 0000 0000'],
  ['an empty packet', '', undefined],
  ['a header cut short', '1234 0100 0001 0000 0000 00', undefined],
  ['a response', `${HEADER('8180')} ${QUESTION}`, undefined],
  ['a response of another opcode', `${HEADER('a180')} ${QUESTION}`, undefined],
  ['opcode IQUERY', HEADER('0900'), '8904 0000 0000 0000 0000'],
  ['opcode STATUS', HEADER('1000'), '9004 0000 0000 0000 0000'],
  ['opcode NOTIFY', `${HEADER('2000')} ${QUESTION}`, 'a004 0000 0000 0000 0000'],
  [
    'opcode UPDATE, whose body means something else',
    `${HEADER('2800', '0001 0007 0008 0009')} ff`,
    'a804 0000 0000 0000 0000',
  ],
  ['no question', HEADER('0100', '0000 0000 0000 0000'), '8101 0000 0000 0000 0000'],
  [
    'two questions',
    `${HEADER('0100', '0002 0000 0000 0000')} ${QUESTION} ${QUESTION}`,
    '8101 0000 0000 0000 0000',
  ],
  ['two answers', `${HEADER('0100', '0001 0002 0000 0000')} ${QUESTION}`, '8101 0000 0000 0000 0000'],
  ['two authorities', `${HEADER('0100', '0001 0000 0002 0000')} ${QUESTION}`, '8101 0000 0000 0000 0000'],
  ['three additionals', `${HEADER('0100', '0001 0000 0000 0003')} ${QUESTION}`, '8101 0000 0000 0000 0000'],
  ['nothing behind the header', HEADER('0100'), '8101 0000 0000 0000 0000'],
  ['an end within the name', `${HEADER('0100')} 04 737663`, '8101 0000 0000 0000 0000'],
  ['an end behind the name', `${HEADER('0100')} ${NAME}`, '8101 0000 0000 0000 0000'],
  ['an end behind the type', `${HEADER('0100')} ${NAME} 0001`, '8101 0000 0000 0000 0000'],
  ['a name that points to itself', `${HEADER('0100')} c00c 0001 0001`, '8101 0000 0000 0000 0000'],
  ['a name that points into the header', `${HEADER('0100')} c000 0001 0001`, '8101 0000 0000 0000 0000'],
  ['a name that points forwards', `${HEADER('0100')} c012 0001 0001 00`, '8101 0000 0000 0000 0000'],
  ['a label of type 01', `${HEADER('0100')} 41 ${'61'.repeat(65)} 00 0001 0001`, '8101 0000 0000 0000 0000'],
  ['a label of type 10', `${HEADER('0100')} 81 61 00 0001 0001`, '8101 0000 0000 0000 0000'],
  [
    'a name of 255 octets',
    `${HEADER('0100')} ${`3f${'61'.repeat(63)}`.repeat(3)} 3d ${'61'.repeat(61)} 00 0001 0001`,
    '8105 0001 0000 0000 0000',
  ],
  [
    'a name of 256 octets',
    `${HEADER('0100')} ${`3f${'61'.repeat(63)}`.repeat(3)} 3e ${'61'.repeat(62)} 00 0001 0001`,
    '8101 0000 0000 0000 0000',
  ],
  [
    'a counted record that is missing',
    `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION}`,
    '8101 0001 0000 0000 0000',
  ],
  [
    'a record cut short',
    `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} 00 0029 1000 0000`,
    '8101 0001 0000 0000 0000',
  ],
  [
    'RDATA longer than the message',
    `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} 00 0029 1000 00000000 0001`,
    '8101 0001 0000 0000 0000',
  ],
  ['octets behind the last record', `${HEADER('0100')} ${QUESTION} deadbeef`, '8500 0001 0001 0000 0000'],
  [
    'an answer in the query',
    `${HEADER('0100', '0001 0001 0000 0000')} ${QUESTION} c00c 0001 0001 00000005 0004 0a000001`,
    '8500 0001 0001 0000 0000',
  ],
  ['OPT', `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} ${OPT}`, '8500 0001 0001 0000 0001'],
  [
    'OPT of version 1',
    `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} 00 0029 1000 00010000 0000`,
    '8100 0001 0000 0000 0001',
  ],
  [
    'two OPTs',
    `${HEADER('0100', '0001 0000 0000 0002')} ${QUESTION} ${OPT} ${OPT}`,
    '8101 0001 0000 0000 0000',
  ],
  [
    'OPT with an owner',
    `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} 0161 ${OPT}`,
    '8101 0001 0000 0000 0000',
  ],
  [
    'OPT with an option cut short',
    `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} 00 0029 1000 00000000 0005 0003 0009 00`,
    '8101 0001 0000 0000 0000',
  ],
  ['TC, RA, AD and Z in the query', `${HEADER('03e0')} ${QUESTION}`, '8500 0001 0001 0000 0000'],
  ['RD clear, CD set', `${HEADER('0010')} ${QUESTION}`, '8410 0001 0001 0000 0000'],
  [
    'FORMERR gives RD and CD back, and no other flag',
    HEADER('03f0', '0000 0000 0000 0000'),
    '8111 0000 0000 0000 0000',
  ],
  [
    'NOTIMP gives the opcode, RD and CD back, and no other flag',
    HEADER('13f0', '0000 0000 0000 0000'),
    '9114 0000 0000 0000 0000',
  ],
  [
    'an owner that points forwards',
    `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} c0ff 0001 0001 00000005 0004 0a000001`,
    '8101 0001 0000 0000 0000',
  ],
  [
    'an owner that points to itself',
    `${HEADER('0100', '0001 0000 0000 0001')} ${QUESTION} c02f 0001 0001 00000005 0004 0a000001`,
    '8101 0001 0000 0000 0000',
  ],
  [
    'a TSIG behind the OPT, which nobody here can check',
    `${HEADER('0100', '0001 0000 0000 0002')} ${QUESTION} ${OPT} 0161 00 00fa 00ff 00000000 0000`,
    '8500 0001 0001 0000 0001',
  ],
  ['class CHAOS, a name of ours', `${HEADER('0100')} ${NAME} 0001 0003`, '8105 0001 0000 0000 0000'],
  ['class HESIOD', `${HEADER('0100')} ${NAME} 0001 0004`, '8105 0001 0000 0000 0000'],
  ['class ANY', `${HEADER('0100')} ${NAME} 0001 00ff`, '8105 0001 0000 0000 0000'],
  ['the root', `${HEADER('0100')} 00 0002 0001`, '8105 0001 0000 0000 0000'],
  [
    'another name, without a forwarder',
    `${HEADER('0100')} 03 636f6d 00 0001 0001`,
    '8105 0001 0000 0000 0000',
  ],
  [
    'the domain as the tail of a longer label',
    `${HEADER('0100')} 08 78636c7573746572 05 6c6f63616c 00 0001 0001`,
    '8105 0001 0000 0000 0000',
  ],
  [
    'the domain, its length octet too, within a label',
    `${HEADER('0100')} 08 07 636c7573746572 05 6c6f63616c 00 0001 0001`,
    '8105 0001 0000 0000 0000',
  ],
  [
    'a label with a dot in it',
    `${HEADER('0100')} 0b 737663312e746573746e73 03 737663 07 636c7573746572 05 6c6f63616c 00 0001 0001`,
    '8503 0001 0000 0001 0000',
  ],
  ['type 0', `${HEADER('0100')} ${NAME} 0000 0001`, '8500 0001 0000 0001 0000'],
  ['type 65535', `${HEADER('0100')} ${NAME} ffff 0001`, '8500 0001 0000 0001 0000'],
];

describe('what is answered, how, and what is not', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(pictureOf(RECORDS));
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test.each(ROWS)('%s', async (_, packet, expected) => {
    const reply = await firstReply(server, hex(packet));
    expect(reply?.subarray(0, 2).toString('hex')).toBe(expected === undefined ? undefined : '1234');
    const head = reply
      ?.subarray(2, 12)
      .toString('hex')
      .replaceAll(/(.{4})(?=.)/g, '$1 ');
    expect(head).toBe(expected);
  });

  test.each(ROWS)('%s, on TCP', async (_, packet, expected) => {
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
