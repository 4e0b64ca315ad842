import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { JoinedMessages } from '../../../src/host/udp/joinedMessages.ts';
import { Messages } from '../../../src/host/udp/messages.ts';
import { loadMmsg } from '../../../src/host/udp/mmsg.ts';
import {
  AF_INET,
  AF_INET6,
  putSockaddr,
  SOCKADDR_WORDS,
  sockaddrBytes,
} from '../../../src/host/udp/sockaddr.ts';

interface Packet {
  readonly to: { readonly address: string; readonly port: number };
  readonly length: number;
}

const CAPACITY = 64;
const FAMILIES = { IPv4: AF_INET, IPv6: AF_INET6 } as const;
const mmsg = await loadMmsg();
const made = {
  IPv4: makeJoined(FAMILIES.IPv4),
  IPv6: makeJoined(FAMILIES.IPv6),
};

function makeJoined(family: number, fewest = 2): { messages: Messages; joined: JoinedMessages } {
  const messages = new Messages(mmsg, CAPACITY, CAPACITY, sockaddrBytes(family));
  return { messages, joined: new JoinedMessages(mmsg, messages, family, fewest) };
}

/** Which packets each joined message is made of. */
function join(family: keyof typeof FAMILIES, packets: readonly Packet[], by = made[family]): number[][] {
  const { messages, joined } = by;
  packets.forEach(({ to, length }, i) => {
    putSockaddr(messages.names, i * SOCKADDR_WORDS, to);
    messages.place(i, 0, length);
  });
  const count = joined.arrange(packets.length);
  return Array.from({ length: count }, (_, index) => [...joined.membersOf(index)]);
}

const to = (client: number, length: number): Packet => ({
  to: { address: `10.0.0.${client}`, port: 4000 },
  length,
});

test.each([
  ['one packet is itself', [to(1, 50)], [[0]]],
  ['packets to several clients stay apart', [to(1, 50), to(2, 50)], [[0], [1]]],
  ['those to one client go together', [to(1, 50), to(2, 50), to(1, 50)], [[0, 2], [1]]],
  ['a shorter one ends them', [to(1, 50), to(1, 90)], [[1, 0]]],
  ['and another one begins anew', [to(1, 50), to(1, 90), to(1, 40)], [[1, 0], [2]]],
  ['as many as are of one length', [to(1, 60), to(1, 50), to(1, 60), to(1, 60)], [[0, 2, 3, 1]]],
  ['what is too long for some links goes alone', [to(1, 1233), to(1, 1233)], [[0], [1]]],
  ['and is no shorter one of others', [to(1, 1232), to(1, 1233), to(1, 1232)], [[1], [0, 2]]],
  [
    'all of a batch',
    Array.from({ length: 52 }, () => to(1, 1232)),
    [Array.from({ length: 52 }, (_, i) => i)],
  ],
])('%s', (_what, packets, expected) => {
  expect(join('IPv4', packets)).toEqual(expected);
});

test('a client with fewer than are worth it gets each by itself, beside one with as many', () => {
  const packets = [to(1, 50), to(2, 50), to(1, 50), to(2, 50), to(1, 50), to(2, 40), to(2, 50)];
  expect(join('IPv4', packets, makeJoined(AF_INET, 4))).toEqual([[0], [2], [4], [1, 3, 6, 5]]);
});

test('what is joined is no more than a packet can hold', () => {
  const joined = join(
    'IPv4',
    Array.from({ length: CAPACITY }, () => to(1, 1232)),
  );
  expect(joined.map((members) => members.length)).toEqual([52, 12]);
});

test.each(['IPv4', 'IPv6'] as const)('%s: every packet goes once, and only to its client', (family) => {
  const address = (n: number): string => (family === 'IPv4' ? `10.0.0.${n}` : `fd00::${n}`);
  const packet = fc.record({
    to: fc.record({
      address: fc.integer({ min: 1, max: 4 }).map(address),
      port: fc.constantFrom(1024, 1025, 40_000),
    }),
    length: fc.oneof(fc.constantFrom(60, 61, 76), fc.integer({ min: 12, max: 4096 })),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: CAPACITY }), (packets) => {
      const joined = join(family, packets);
      expect(joined.flat().toSorted((a, b) => a - b)).toEqual(packets.map((_, i) => i));
      for (const members of joined) {
        const lengths = members.map((i) => packets[i]?.length ?? 0);
        const [longest = 0] = lengths;
        expect(new Set(members.map((i) => JSON.stringify(packets[i]?.to))).size).toBe(1);
        // What the system parts: pieces of one length, of which only the last may be shorter.
        expect(lengths.slice(0, -1).every((length) => length === longest)).toBe(true);
        expect(lengths.at(-1)).toBeLessThanOrEqual(longest);
      }
    }),
  );
});
