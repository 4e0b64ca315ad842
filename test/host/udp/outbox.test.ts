import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadDescriptors } from '../../../src/host/udp/descriptors.ts';
import { loadMmsg, type Mmsg } from '../../../src/host/udp/mmsg.ts';
import { Outbox } from '../../../src/host/udp/outbox.ts';
import { AF_INET } from '../../../src/host/udp/sockaddr.ts';

const EINTR = 4;
const EAGAIN = 11;
const ENOBUFS = 105;

let sender: Socket;
let receiver: Socket;
beforeEach(async () => {
  [sender, receiver] = [createSocket('udp4'), createSocket('udp4')];
  for (const socket of [sender, receiver]) {
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  }
});
afterEach(() => {
  sender.close();
  receiver.close();
});

/** The texts that come of those sent at once by such a system; the last one alone, so that they can be waited for. */
async function sent(mmsg: Mmsg, texts: readonly string[]): Promise<string[]> {
  const descriptors = await loadDescriptors();
  const { port } = sender.address();
  const outbox = new Outbox(mmsg, descriptors.boundTo({ address: '127.0.0.1', port }), AF_INET);
  const to = { address: '127.0.0.1', port: receiver.address().port };
  const came: string[] = [];
  const last = new Promise<void>((resolve) => {
    receiver.on('message', (packet) => {
      if (packet.toString() === 'last') resolve();
      else came.push(packet.toString());
    });
  });
  for (const text of texts) outbox.add(Buffer.from(text), to);
  outbox.flush();
  outbox.add(Buffer.from('last'), to);
  outbox.flush();
  await last;
  return came;
}

const TEXTS = Array.from({ length: 30 }, (_, i) => 'x'.repeat(1 + i));

/** The real system, whose first sendmmsg fails. */
async function failing(errno: number): Promise<Mmsg> {
  const real = await loadMmsg();
  let calls = 0;
  return {
    ...real,
    sendmmsg: (...args) => (calls++ === 0 ? -1 : real.sendmmsg(...args)),
    errno: () => errno,
  };
}

test.each([
  ['EINTR, and all go', EINTR, TEXTS],
  ['ENOBUFS, and only the first is lost', ENOBUFS, TEXTS.slice(1)],
  ['EAGAIN: there is no room, and none of them goes, as on a network', EAGAIN, []],
] as const)('sendmmsg gives %s', async (_what, errno, expected) => {
  expect(await sent(await failing(errno), TEXTS)).toEqual(expected);
});

test('what the system took only in part goes in further calls', async () => {
  const real = await loadMmsg();
  const counts: number[] = [];
  const stingy: Mmsg = {
    ...real,
    sendmmsg: (fd, vector, count, flags) => {
      counts.push(count);
      return real.sendmmsg(fd, vector, Math.min(count, 2), flags);
    },
  };
  expect(await sent(stingy, TEXTS)).toEqual(TEXTS);
  expect(Math.max(...counts)).toBe(TEXTS.length);
});

test('more than one call takes go in several', async () => {
  const texts = Array.from({ length: 200 }, (_, i) => `packet ${i}`);
  expect(await sent(await loadMmsg(), texts)).toEqual(texts);
});
