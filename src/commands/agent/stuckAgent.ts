import { NoAgentError, SilentAgentError } from './askAgent.ts';

/**
 * Whether what a running agent holds may be touched because it does not answer; false where there is none. `force` says
 * that one which is stuck is no matter.
 * @throws Error where one is in the way
 */
export async function isAgentStuck(ask: () => Promise<unknown>, force: boolean): Promise<boolean> {
  try {
    await ask();
  } catch (error) {
    if (error instanceof NoAgentError) return false;
    if (!(error instanceof SilentAgentError)) throw error;
    if (force) return true;
    throw new Error(`${error.message}; stop it, or give --force`, { cause: error });
  }
  throw new Error('an agent is running, and would put everything back: stop it first');
}
