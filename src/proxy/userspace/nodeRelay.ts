/** The relay on Node's own sockets: works on any machine, and copies every octet through the process. */
import { TcpListener } from './tcp/tcpListener.ts';
import { type Counted, Ledger } from './ledger.ts';
import type { ListenAt, Relay, RelayListener, RelayTargets } from './relay.ts';
import { type UdpHost, UdpListener } from './udp/udpListener.ts';

export function createNodeRelay(host: UdpHost): Relay {
  const ledger = new Ledger<RelayListener & Counted>();
  return {
    async listen(at: ListenAt, targets: RelayTargets): Promise<RelayListener> {
      const listener =
        at.protocol === 'TCP'
          ? await TcpListener.listen(at, targets, host)
          : await UdpListener.listen(at, targets, host);
      ledger.add(listener);
      return {
        retarget: (next) => listener.retarget(next),
        async close(drainMs) {
          await listener.close(drainMs);
          ledger.remove(listener);
        },
      };
    },
    figures: () => ledger.figures(),
    async close() {
      await Promise.all(ledger.open.map((listener) => listener.close(0)));
      for (const listener of ledger.open) ledger.remove(listener);
    },
  };
}
