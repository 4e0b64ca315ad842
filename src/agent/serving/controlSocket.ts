/** The agent's door for its own commands: HTTP on a unix socket that only root may open. */
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { answerHttp, type HttpRoutes } from '../../telemetry/httpAnswer.ts';

/** Name of the socket in the run folder. */
export const SOCKET_NAME = 'fairlead.sock';

export interface ControlSocket {
  /** Makes room for another agent's; connections stay. */
  leave(): void;
  close(): Promise<void>;
}

/** Takes a connection over that asked for another protocol: its path, and what is said from here on. */
export type OnUpgrade = (url: string, socket: Duplex) => void;

/**
 * Serves `routes` on `path`. The socket that a killed agent left behind is replaced.
 * @throws Error when another agent answers there, or when the folder cannot be written
 */
export async function openControlSocket(
  path: string,
  routes: HttpRoutes,
  onUpgrade?: OnUpgrade,
): Promise<ControlSocket> {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (await isAnswered(path)) throw new Error(`another agent is running: it answers on ${path}`);
  const server = createServer((request, response) => void answerHttp(routes, request, response));
  const upgraded = new Set<Duplex>();
  if (onUpgrade !== undefined) {
    server.on('upgrade', ({ url = '/' }, socket) => {
      upgraded.add(socket);
      socket.on('close', () => upgraded.delete(socket));
      onUpgrade(url, socket);
    });
  }
  // Between a listen() and its chmod() anybody could connect: so it is born in a folder that only we may enter.
  const nursery = mkdtempSync(join(folder, '.new-'));
  try {
    const born = join(nursery, 's');
    await listen(server, born);
    chmodSync(born, 0o600);
    renameSync(born, path);
  } finally {
    rmSync(nursery, { recursive: true, force: true });
  }
  let ours = true;
  const leave = (): void => {
    if (ours) rmSync(path, { force: true });
    ours = false;
  };
  return {
    leave,
    close: () =>
      new Promise((resolve) => {
        leave();
        server.close(() => resolve());
        server.closeAllConnections();
        // Which are not among those: the server is closed once they are.
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
