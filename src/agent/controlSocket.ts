/** The agent's door for its own commands: HTTP on a unix socket that only root may open. */
import { mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { answerHttp, type HttpRoutes } from '../telemetry/httpAnswer.ts';

/** Name of the socket in the run folder. */
export const SOCKET_NAME = 'fairlead.sock';

export interface ControlSocket {
  close(): Promise<void>;
}

/**
 * Serves `routes` on `path`. The socket that a killed agent left behind is replaced.
 * @throws Error when another agent answers there, or when the folder cannot be written
 */
export async function openControlSocket(path: string, routes: HttpRoutes): Promise<ControlSocket> {
  mkdirSync(path.slice(0, path.lastIndexOf('/')) || '/', { recursive: true, mode: 0o700 });
  const server = createServer((request, response) => void answerHttp(routes, request, response));
  if (await isAnswered(path)) throw new Error(`another agent is running: it answers on ${path}`);
  rmSync(path, { force: true });
  await listen(server, path);
  return {
    close: () =>
      new Promise((resolve) => {
        // Closing a unix socket's server removes its file, too.
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, path: string): Promise<void> {
  // Between a listen() and a chmod() anybody could connect; the umask leaves no such moment.
  const before = process.umask(0o177);
  try {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  } finally {
    process.umask(before);
  }
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
