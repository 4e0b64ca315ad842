import type { AgentStatus } from '../../agent/serving/status.ts';
import { VERSION } from '../../agent/version.ts';
import { askAgent } from './askAgent.ts';

/** The agent's status. @throws NoAgentError when none runs, Error when it is of another version */
export async function askStatus(socketPath: string): Promise<AgentStatus> {
  const status = await askAgent(socketPath, '/status');
  if (isOfOurVersion(status)) return status;
  throw new Error(`the agent is of another version than this program (${VERSION}): use --output json`);
}

/** Of one version is of one shape: during an upgrade the agent may still be the old one. */
function isOfOurVersion(status: unknown): status is AgentStatus {
  return typeof status === 'object' && status !== null && 'version' in status && status.version === VERSION;
}
