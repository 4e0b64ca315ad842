/** UDP by node:dgram: one system call for each packet, each way. */
import { createSocket, type Socket } from 'node:dgram';
import { RECEIVE_BUFFER, type UdpIo, type UdpReceiver, type UdpSocket } from './udpIo.ts';

export const dgramIo: UdpIo = {
  bind: (address, port, receive) =>
    new Promise((resolve, reject) => {
      const socket = createSocket({
        ...(address.includes(':') ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' }),
        recvBufferSize: RECEIVE_BUFFER,
        // Peers are always addresses: a look-up would only put off the sending by a turn of the loop.
        lookup: (host, _options, done) => done(null, host, host.includes(':') ? 6 : 4),
      });
      socket.once('error', (error) => {
        socket.close();
        reject(error);
      });
      socket.bind({ address, port, exclusive: true }, () => {
        socket.removeAllListeners('error');
        // Errors of a bound socket are those of single packets, such as a peer that has gone.
        socket.on('error', () => undefined);
        const wrapped = wrap(socket);
        // Nobody can be at port 0, and trying to send there throws.
        socket.on('message', (packet, from) => {
          if (from.port !== 0) receive(packet, from, wrapped);
        });
        resolve(wrapped);
      });
    }),
};

/**
 * Reads the socket behind a descriptor, and owns the descriptor from here on. Node lets others bind the same address
 * and port on sockets that it is given: the caller may want to undo that.
 */
export function adoptDgram(fd: number, family: 4 | 6, receive: UdpReceiver): UdpSocket {
  const socket = createSocket({
    type: `udp${family}`,
    recvBufferSize: RECEIVE_BUFFER,
    lookup: (host, _options, done) => done(null, host, family),
  });
  socket.on('error', () => undefined);
  socket.bind({ fd });
  const wrapped = wrap(socket);
  socket.on('message', (packet, from) => {
    if (from.port !== 0) receive(packet, from, wrapped);
  });
  return wrapped;
}

function wrap(socket: Socket): UdpSocket {
  let open = true;
  return {
    port: socket.address().port,
    send: (packet, to) => {
      if (open) socket.send(packet, 0, packet.length, to.port, to.address);
    },
    close: () =>
      new Promise((resolve) => {
        if (!open) return resolve();
        open = false;
        socket.close(() => resolve());
      }),
  };
}
