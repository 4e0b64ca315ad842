/** Sends this process's sockets to another one, which will read them beside. */
import type { SocketAddress } from '../../net/socketAddress.ts';
import { loadDescriptorPass } from '../../host/descriptorPass.ts';
import { type SocketName, socketsOn } from '../../host/inheritedSockets.ts';
import { loadDescriptors } from '../../host/udp/descriptors.ts';

/** Gives what was sent, in order. Rejects where there is no native module, or nobody to send to. */
export async function lendSockets(
  path: string,
  addresses: readonly SocketAddress[],
): Promise<readonly SocketName[]> {
  const [pass, descriptors] = await Promise.all([loadDescriptorPass(), loadDescriptors()]);
  // What does not fit in one message stays behind: the other agent opens its own once these are closed.
  const sockets = socketsOn(descriptors, addresses).slice(0, pass.most);
  if (sockets.length > 0)
    pass.send(
      path,
      sockets.map(({ fd }) => fd),
    );
  return sockets.map(({ protocol, address, port }) => ({ protocol, address, port }));
}
