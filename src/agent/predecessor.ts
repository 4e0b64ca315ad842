/** The agent that was here before: while it drains, its successor waits, and so neither loses a query or a rule. */
import { request } from 'node:http';
import { type HttpRoutes, textReply } from '../telemetry/httpAnswer.ts';

/** Answered at once by an agent that stays; by one that stops with the end of the connection. */
export const LEAVING_PATH = '/leaving';

/** An agent that stops takes half of it at most. */
const LIMIT_MS = 10_000;

export function leavingRoute(stopping: () => boolean): HttpRoutes[string] {
  return () => (stopping() ? new Promise(() => undefined) : textReply(409, 'this agent stays\n'));
}

/** Resolves when no agent on this control socket is about to end: none is there, it has gone, or it stays. */
export function predecessorGone(socketPath: string): Promise<void> {
  return new Promise((resolve) => {
    const asking = request({ socketPath, path: LEAVING_PATH, timeout: LIMIT_MS }, (response) => {
      response.resume();
      resolve();
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve());
    asking.on('close', () => resolve());
    asking.end();
  });
}
