import type { Socket } from 'node:net';

/**
 * Closes so that the peer sees a reset. After its own half was ended, libuv refuses that (uv_tcp_close_reset gives
 * EINVAL) and Node 26 leaves the descriptor open for good; such a socket is closed the ordinary way.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
