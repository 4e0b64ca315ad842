/** The kernel's table of flows, by ctnetlink: one dump, then deletions in batches. */
import type { Family } from '../../net/ip.ts';
import { CT_NEW, ENOENT, IPPROTO, NETLINK_NETFILTER } from './constants.ts';
import { type MessageReader, readMessages } from './messages.ts';
import { NetlinkError } from './netlinkError.ts';
import { deleteRequest, dumpRequest } from './requests.ts';
import { type NetlinkSocket, openNetlink } from './socket.ts';
import { TrackedFlow } from './trackedFlow.ts';

/** The kernel fills up to 32 KiB at a time. */
const RECEIVE_BYTES = 64 << 10;
/**
 * Each deletion that fails is answered, and answers that find the socket's receive buffer full are lost: it holds
 * about 270 as systems come.
 */
const BATCH = 128;

/** Of those whose entries have ports. */
export type TrackedProtocol = keyof typeof IPPROTO;

export interface ConntrackDeletion {
  readonly deleted: number;
  /** Why some that should be gone are not; empty when all are. */
  readonly refused: string;
}

/**
 * Deletes the entries of a family and protocol that `stale` picks; the flow it is asked about is its only during the call.
 * The event loop runs between any two turns of some 100 entries. Rejects with NetlinkError, or NoNetlinkError where
 * there is no netlink.
 */
export async function deleteEntries(
  family: Family,
  protocol: TrackedProtocol,
  stale: (flow: TrackedFlow) => boolean,
  open: () => Promise<NetlinkSocket> = () => openNetlink(NETLINK_NETFILTER),
): Promise<ConntrackDeletion> {
  const socket = await open();
  try {
    // All are found before one is deleted: the kernel's walk starts a bucket again when its place in it is gone.
    return await deleteAll(socket, family, await find(socket, family, protocol, stale));
  } finally {
    socket.close();
  }
}

/**
 * Shows each entry of a family and protocol to `see`; the flow is its only during the call. Yields to the event loop,
 * and rejects, as `deleteEntries`.
 */
export async function seeEntries(
  family: Family,
  protocol: TrackedProtocol,
  see: (flow: TrackedFlow) => void,
  open: () => Promise<NetlinkSocket> = () => openNetlink(NETLINK_NETFILTER),
): Promise<void> {
  const socket = await open();
  try {
    await dump(socket, family, protocol, see);
  } finally {
    socket.close();
  }
}

async function find(
  socket: NetlinkSocket,
  family: Family,
  protocol: TrackedProtocol,
  stale: (flow: TrackedFlow) => boolean,
): Promise<readonly Buffer[]> {
  const found: Buffer[] = [];
  await dump(socket, family, protocol, (flow) => {
    if (stale(flow)) found.push(flow.identity());
  });
  return found;
}

async function dump(
  socket: NetlinkSocket,
  family: Family,
  protocol: TrackedProtocol,
  see: (flow: TrackedFlow) => void,
): Promise<void> {
  const flow = new TrackedFlow(IPPROTO[protocol]);
  const buffer = Buffer.alloc(RECEIVE_BYTES);
  await socket.send(dumpRequest(family, IPPROTO[protocol]));
  await receiveAll(socket, buffer, {
    content(type, at, end) {
      if (type === CT_NEW && flow.read(buffer, at, end)) see(flow);
    },
    answered(_, errno) {
      if (errno !== 0) throw new NetlinkError(errno);
      return true;
    },
  });
}

async function deleteAll(
  socket: NetlinkSocket,
  family: Family,
  entries: readonly Buffer[],
): Promise<ConntrackDeletion> {
  const buffer = Buffer.alloc(RECEIVE_BYTES);
  let deleted = 0;
  let refused = '';
  for (let from = 0; from < entries.length; from += BATCH) {
    const batch = entries.slice(from, from + BATCH);
    // Only the last asks for an answer if all is well: nothing waits for the others'.
    const last = batch.length;
    const requests = batch.map((entry, i) => deleteRequest(family, entry, i + 1, i + 1 === last));
    await socket.send(Buffer.concat(requests));
    deleted += last;
    await receiveAll(socket, buffer, {
      content: () => undefined,
      answered(sequence, errno) {
        if (errno !== 0) deleted -= 1;
        // Already gone by itself: as it should be.
        if (errno !== 0 && errno !== ENOENT) refused = new NetlinkError(errno).message;
        return sequence === last;
      },
    });
  }
  return { deleted, refused };
}

/** Receives until the reader has been told of an answer that it calls the last. */
async function receiveAll(socket: NetlinkSocket, buffer: Buffer, reader: MessageReader): Promise<void> {
  let length: number;
  do length = await socket.receive(buffer);
  while (!readMessages(buffer, length, reader));
}
