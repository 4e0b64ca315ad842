import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { loadDescriptors } from '../../../src/host/udp/descriptors.ts';
import { canJoin } from '../../../src/host/udp/joinedMessages.ts';
import { loadMmsg, type Mmsg } from '../../../src/host/udp/mmsg.ts';
import { ReplyBatch, type Way } from '../../../src/host/udp/replyBatch.ts';
import { AF_INET, AF_INET6, putSockaddr, SOCKADDR_WORDS } from '../../../src/host/udp/sockaddr.ts';

const EINTR = 4;
const EIO = 5;
const EAGAIN = 11;
const EINVAL = 22;
const ENOBUFS = 105;
const SOL_SOCKET = 1;
const SO_NO_CHECK = 11;

const real = await loadMmsg();
const descriptors = await loadDescriptors();

async function open(address: string): Promise<Socket> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

interface World {
  readonly way: Way;
  readonly calls: number;
  /** What came to each client. */
  readonly came: readonly string[][];
  /** Sends texts, each to the client of that number, and waits until so many came. */
  readonly send: (
    replies: readonly (readonly [client: number, text: string])[],
    wanted: number,
  ) => Promise<void>;
}

async function start(mmsg: Mmsg, address = '127.0.0.1', writable = true): Promise<World> {
  const server = await open(address);
  const clients = [await open(address), await open(address)];
  const came = clients.map((): string[] => []);
  clients.forEach((client, i) => client.on('message', (packet) => came[i]?.push(packet.toString())));
  let calls = 0;
  const counting: Mmsg = { ...mmsg, sendmmsg: (...args) => (calls++, mmsg.sendmmsg(...args)) };
  const batch = new ReplyBatch(counting, address.includes(':') ? AF_INET6 : AF_INET, 2, () => writable);
  const fd = descriptors.boundTo({ address, port: server.address().port });
  const way = { fd, joins: canJoin(real, fd) };
  const names = new Uint32Array(SOCKADDR_WORDS);
  const send: World['send'] = async (replies, wanted) => {
    for (const [client, text] of replies) {
      putSockaddr(names, 0, { address, port: clients[client]?.address().port ?? 0 });
      batch.add(write(batch.place(batch.count), text), names, 0);
    }
    batch.flush(way);
    while (came.flat().length < wanted) await new Promise((resolve) => setTimeout(resolve, 2));
  };
  return {
    way,
    came,
    send,
    get calls() {
      return calls;
    },
  };
}

function write(place: Uint8Array, text: string): number {
  return Buffer.from(place.buffer, place.byteOffset, place.length).write(text);
}

/** The real system, whose first calls fail. */
function failing(errno: number, times = 1): Mmsg {
  let left = times;
  let failed = false;
  return {
    ...real,
    sendmmsg: (...args) => {
      failed = left-- > 0;
      return failed ? -1 : real.sendmmsg(...args);
    },
    errno: () => (failed ? errno : real.errno()),
  };
}

/** To two clients in turn, of three lengths. */
const REPLIES = Array.from({ length: 30 }, (_, i) => [i % 2, `${i}`.padEnd(40 + 10 * (i % 3), '.')] as const);
const textsOf = (client: number): string[] =>
  REPLIES.filter(([to]) => to === client)
    .map(([, text]) => text)
    .toSorted();
const sorted = (came: World['came']): string[][] => came.map((texts) => texts.toSorted());

test.each(['127.0.0.1', '::1'])(
  'on %s, each client gets its own replies, whole and apart',
  async (address) => {
    const world = await start(real, address);
    await world.send(REPLIES, 30);
    expect(sorted(world.came)).toEqual([textsOf(0), textsOf(1)]);
    await world.send(REPLIES.slice(0, 3), 33);
    expect(world.came.flat()).toHaveLength(33);
  },
);

test('where the system knows nothing of joining they go one by one', async () => {
  const world = await start(real);
  world.way.joins = false;
  await world.send(REPLIES, 30);
  expect(sorted(world.came)).toEqual([textsOf(0), textsOf(1)]);
});

test.each([
  ['EIO', EIO, false],
  ['EINVAL', EINVAL, false],
  ['ENOBUFS, which is of the moment', ENOBUFS, true],
  ['EINTR', EINTR, true],
] as const)('%s for joined ones: all of them go nevertheless', async (_name, errno, joinsOn) => {
  const world = await start(failing(errno));
  await world.send(REPLIES, 30);
  expect(sorted(world.came)).toEqual([textsOf(0), textsOf(1)]);
  expect(world.way.joins).toBe(joinsOn);
});

test('the system itself refuses to join, as without checksums there is no parting, and all go nevertheless', async () => {
  const world = await start(real);
  expect(real.setsockopt(world.way.fd, SOL_SOCKET, SO_NO_CHECK, Int32Array.of(1), 4)).toBe(0);
  await world.send(REPLIES, 30);
  expect(sorted(world.came)).toEqual([textsOf(0), textsOf(1)]);
  expect(world.way.joins).toBe(false);
});

test('a reply that cannot go costs no other', async () => {
  const world = await start(failing(ENOBUFS));
  world.way.joins = false;
  await world.send(REPLIES, 29);
  expect(world.came.flat().toSorted()).toEqual(
    REPLIES.slice(1)
      .map(([, text]) => text)
      .toSorted(),
  );
});

test.each([true, false])(
  'without room they are given up once waiting did not help (joined: %s)',
  async (joins) => {
    const patient = await start(failing(EAGAIN, 3));
    patient.way.joins = joins;
    await patient.send(REPLIES, 30);
    const world = await start(failing(EAGAIN, 1), '127.0.0.1', false);
    world.way.joins = joins;
    await world.send(REPLIES, 0);
    expect(world.calls).toBe(1);
  },
);
