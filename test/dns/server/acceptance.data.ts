/** Packets, octet by octet, and what each is answered. */

/** Octets of a message from hexadecimal digits; spaces and what follows `;` are for the reader. */
export function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/;.*$/gm, '').replaceAll(/\s/g, ''), 'hex');
}

// svc1.testns.svc.cluster.local
const NAME = '04 73766331  06 746573746e73  03 737663  07 636c7573746572  05 6c6f63616c  00';
export const QUESTION: string = `${NAME} 0001 0001`;
const OPT = '00 0029 1000 00000000 0000';

export const HEADER = (flags: string, counts = '0001 0000 0000 0000'): string => `1234 ${flags} ${counts}`;

/** Packet, and the reply's second word of the header, number of questions, and records; or no reply. */
export const ACCEPTANCE_ROWS: readonly (readonly [
  title: string,
  packet: string,
  reply: string | undefined,
])[] = [
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
