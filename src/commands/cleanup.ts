import { rm } from 'node:fs/promises';
import { helpOfFlag, helpOfSettings } from '../config/help.ts';
import { TABLE } from '../config/tables/table.ts';
import { messageOf } from '../errors/caught.ts';
import { stateFolder } from '../host/stateFolder.ts';
import { forgetSnapshot } from '../snapshot/forget.ts';
import { QUIET_LOG } from '../telemetry/quietLog.ts';
import { askAgent } from './agent/askAgent.ts';
import { socketPathOf } from './agent/runDir.ts';
import { isAgentStuck } from './agent/stuckAgent.ts';
import type { Command } from './line/command.ts';
import { parseOptions } from './line/options.ts';

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
    'stop answering here unless somebody else routes them. Refuses while an agent runs, which would put everything',
    'back, some of it before the rest is gone: stop it first.',
    '',
    helpOfFlag('--force', 'even where an agent is that does not answer, as one that is stuck'),
    '',
    helpOfSettings(['runDir', 'stateDir']),
  ].join('\n'),
  async run(args, io) {
    const { values } = parseOptions(args, OPTIONS);
    const socketPath = socketPathOf(values['run-dir']);
    const isStuck = await isAgentStuck(() => askAgent(socketPath, '/status'), values.force);
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
    await cleanupNode({ exec: systemExec, clock: systemClock, log }).catch((error: unknown) => {
      failures.push(messageOf(error));
    });
    if (failures.length > 0 && (await isAnswered(socketPath))) {
      throw new Error(`an agent was started meanwhile, and puts everything back: ${failures.join('; ')}`);
    }
    if (failures.length > 0) throw new Error(failures.join('; '));
    // A killed agent's; that of one that is stuck is its own.
    if (!isStuck) {
      await rm(socketPath, { force: true });
      await forgetSnapshot(stateFolder(values['state-dir'] ?? String(TABLE.stateDir.default)));
    }
    io.stdout('removed all rules, sets and addresses of fairlead');
    return 0;
  },
};

async function isAnswered(socketPath: string): Promise<boolean> {
  return askAgent(socketPath, '/status').then(
    () => true,
    () => false,
  );
}
