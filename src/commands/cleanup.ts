import { rm } from 'node:fs/promises';
import { helpOfFlag, helpOfSettings } from '../config/help.ts';
import { TABLE } from '../config/tables/table.ts';
import { stateFolder } from '../host/stateFolder.ts';
import { forgetSnapshot } from '../snapshot/forget.ts';
import { QUIET_LOG } from '../telemetry/quietLog.ts';
import { askAgent, NoAgentError } from './askAgent.ts';
import type { Command } from './command.ts';
import { parseOptions } from './options.ts';
import { socketPathOf } from './runDir.ts';

const OPTIONS = {
  'run-dir': { type: 'string' },
  'state-dir': { type: 'string' },
  force: { type: 'boolean', default: false },
} as const;

export const command: Command = {
  name: 'cleanup',
  summary: 'remove all that the agent put into the kernel, and nothing else',
  usage: [
    'Usage: fairlead cleanup [FLAGS]',
    '',
    'Removes the rules, sets and addresses that an agent left on this node, and what it kept of the cluster. Services',
    'stop answering here unless somebody else routes them. Refuses while an agent runs, which would only put',
    'everything back.',
    '',
    helpOfFlag('--force', 'even while an agent runs'),
    '',
    helpOfSettings(['runDir', 'stateDir']),
  ].join('\n'),
  async run(args, io) {
    const { values } = parseOptions(args, OPTIONS);
    const socketPath = socketPathOf(values['run-dir']);
    const running = await isRunning(socketPath);
    if (running && !values.force) {
      throw new Error('an agent is running: stop it first, or give --force');
    }
    const [{ cleanupNode }, { systemClock }, { systemExec }] = await Promise.all([
      import('../agent/cleanupNode.ts'),
      import('../host/clock.ts'),
      import('../host/exec.ts'),
    ]);
    const failures: string[] = [];
    const told = (fields: object, message: string): void => {
      failures.push(`${message}: ${'error' in fields ? String(fields.error) : ''}`);
    };
    const log = { ...QUIET_LOG, warn: told, error: told };
    await cleanupNode({ exec: systemExec, clock: systemClock, log });
    if (failures.length > 0) throw new Error(failures.join('; '));
    // A killed agent's; that of a running one is its own.
    if (!running) {
      await rm(socketPath, { force: true });
      await forgetSnapshot(stateFolder(values['state-dir'] ?? String(TABLE.stateDir.default)));
    }
    io.stdout('removed all rules, sets and addresses of fairlead');
    return 0;
  },
};

async function isRunning(socketPath: string): Promise<boolean> {
  try {
    await askAgent(socketPath, '/status');
    return true;
  } catch (error) {
    if (error instanceof NoAgentError) return false;
    throw error;
  }
}
