/** Questions to the running agent, over its control socket. */
import { request } from 'node:http';

/** The agent answers from memory; one that is silent for so long is not going to. */
const TIMEOUT_MS = 10_000;

export interface Asking {
  readonly method?: 'GET' | 'POST';
  /** For what takes the agent longer than an answer from memory. */
  readonly timeoutMs?: number;
  /** How soon any answer has to come at all. */
  readonly aliveMs?: number;
}

export class NoAgentError extends Error {
  override readonly name = 'NoAgentError';
}

/** It is there, and does not say anything. */
export class SilentAgentError extends Error {
  override readonly name = 'SilentAgentError';
}

/**
 * Asks on the control socket; gives the JSON that came back.
 * @throws NoAgentError when nobody listens, SilentAgentError when nobody answers, Error with one clear line otherwise
 */
export async function askAgent(socketPath: string, path: string, asking: Asking = {}): Promise<unknown> {
  const { method = 'GET', timeoutMs = TIMEOUT_MS, aliveMs = TIMEOUT_MS } = asking;
  // One that is stuck is found out by what takes no time, and not after the minutes that a switch of modes may take.
  if (timeoutMs > aliveMs) await seeThatItAnswers(socketPath, aliveMs);
  return send(socketPath, path, method, timeoutMs);
}

/** Whatever it answers. */
async function seeThatItAnswers(socketPath: string, timeoutMs: number): Promise<void> {
  try {
    await send(socketPath, '/config', 'GET', timeoutMs);
  } catch (error) {
    if (error instanceof SilentAgentError || error instanceof NoAgentError) throw error;
  }
}

function send(socketPath: string, path: string, method: string, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, path, method, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString('utf8');
        if (response.statusCode === 200) resolve(JSON.parse(body));
        else
          reject(
            new Error(
              response.statusCode === 409
                ? body.trim()
                : `the agent answered ${response.statusCode}: ${body.trim()}`,
            ),
          );
      });
    });
    asking.on('timeout', () => asking.destroy(noAnswer(socketPath)));
    asking.on('error', (error: NodeJS.ErrnoException) => reject(explain(error, socketPath)));
    asking.end();
  });
}

function explain(error: NodeJS.ErrnoException, socketPath: string): Error {
  if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') {
    return new NoAgentError(`no agent runs here: nobody answers on ${socketPath}`);
  }
  if (error.code === 'EACCES') {
    return new Error(`${socketPath}: permission denied (only root may ask the agent)`);
  }
  if (error.code === 'ECONNRESET') return new Error('the agent ended while it was asked');
  // EAGAIN: its queue is full of others who ask, and it takes none of them.
  return error.code === 'EAGAIN' ? noAnswer(socketPath) : error;
}

function noAnswer(socketPath: string): Error {
  return new SilentAgentError(
    `the agent does not answer on ${socketPath}: it is stuck or stopped; its rules stay, and a restart is safe`,
  );
}
