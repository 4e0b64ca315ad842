/** The agent that was here before: while it drains, its successor waits, and so neither loses a query or a rule. */
import { request } from 'node:http';
import { type HttpRoutes, textReply } from '../../telemetry/httpAnswer.ts';

/**
 * Answered at once by an agent that stays. By one that stops: with the end of the connection, or, where the question is
 * `?limit`, at once with the milliseconds that it may take.
 */
export const LEAVING_PATH = '/leaving';

/** One that does not say how long it takes is of an earlier version, or stuck. */
const UNTOLD_MS = 10_000;
/** Between the end of what an agent limits and that of its process. */
const MARGIN_MS = 2_000;

/** `leavesWithin` gives milliseconds; `undefined` while the agent stays. */
export function leavingRoute(leavesWithin: () => number | undefined): HttpRoutes[string] {
  return ({ query }) => {
    const limitMs = leavesWithin();
    if (limitMs === undefined) return textReply(409, 'this agent stays\n');
    return query.has('limit') ? textReply(200, `${limitMs}\n`) : new Promise(() => undefined);
  };
}

/**
 * Resolves when no agent on this control socket is about to end: none is there, it has gone, or it stays. One that is
 * stuck is given up after `untoldMs`, one that stops after the time that it asks for.
 */
export async function predecessorGone(socketPath: string, untoldMs: number = UNTOLD_MS): Promise<void> {
  const told = await ask(socketPath, `${LEAVING_PATH}?limit`, untoldMs);
  if (told?.status !== 200) return;
  const limitMs = Number(told.body);
  await ask(socketPath, LEAVING_PATH, limitMs > 0 ? limitMs + MARGIN_MS : untoldMs);
}

/** `undefined` when there was no answer. */
function ask(
  socketPath: string,
  path: string,
  timeout: number,
): Promise<{ readonly status: number | undefined; readonly body: string } | undefined> {
  return new Promise((resolve) => {
    const asking = request({ socketPath, path, timeout }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        body += piece;
      });
      response.on('end', () => resolve({ status: response.statusCode, body }));
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(undefined));
    asking.on('close', () => resolve(undefined));
    asking.end();
  });
}
