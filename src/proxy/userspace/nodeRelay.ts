/** The relay on Node's own sockets: works on any machine, and copies every octet through the process. */
import { TcpListener } from './tcp/tcpListener.ts';
import type { ListenAt, Relay, RelayFigures, RelayListener, RelayTargets } from './relay.ts';
import { type UdpHost, UdpListener } from './udp/udpListener.ts';

interface Open extends RelayListener {
  figures(): RelayFigures;
}

export function createNodeRelay(host: UdpHost): Relay {
  const open = new Set<Open>();
  return {
    async listen(at: ListenAt, targets: RelayTargets): Promise<RelayListener> {
      const listener: Open =
        at.protocol === 'TCP'
          ? await TcpListener.listen(at, targets, host)
          : await UdpListener.listen(at, targets, host);
      open.add(listener);
      return {
        retarget: (next) => listener.retarget(next),
        async close(drainMs) {
          await listener.close(drainMs);
          open.delete(listener);
        },
      };
    },
    figures: () => [...open].map((listener) => listener.figures()),
    async close() {
      await Promise.all([...open].map((listener) => listener.close(0)));
      open.clear();
    },
  };
}
