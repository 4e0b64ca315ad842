import { expect, test } from 'vitest';
import { NetlinkError, NoNetlinkError } from '../../../src/host/netlink/netlinkError.ts';
import { openNetlink } from '../../../src/host/netlink/socket.ts';

const NETLINK_ROUTE = 0;
const EINVAL = 22;
const NO_SUCH_PROTOCOL = 31;
/** RTM_GETLINK with NLM_F_REQUEST | NLM_F_DUMP, sequence 7, and an empty ifinfomsg: anybody may ask. */
const LINKS = Buffer.from(`2000000012000103070000000000${'00'.repeat(18)}`, 'hex');

test('a question is answered by the kernel', async () => {
  const socket = await openNetlink(NETLINK_ROUTE);
  const buffer = Buffer.alloc(64 << 10);
  await socket.send(LINKS);
  const length = await socket.receive(buffer);
  socket.close();
  expect(length).toBeGreaterThanOrEqual(16);
  // RTM_NEWLINK, in answer to sequence 7.
  expect([buffer.readUInt16LE(4), buffer.readUInt32LE(8)]).toEqual([16, 7]);
});

test('a kernel without the protocol is told apart from an error of one call', async () => {
  await expect(openNetlink(NO_SUCH_PROTOCOL)).rejects.toThrow(NoNetlinkError);
  await expect(openNetlink(NO_SUCH_PROTOCOL)).rejects.toThrow('no netlink socket: protocol not supported');
});

test('what a call fails with is named', async () => {
  const socket = await openNetlink(NETLINK_ROUTE);
  socket.close();
  await expect(socket.send(LINKS)).rejects.toThrow('bad file descriptor (EBADF)');
  expect(new NetlinkError(EINVAL).message).toBe('invalid argument (EINVAL)');
});
