/** HAProxy as a TCP relay on loopback: one thread. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** For `most` connections at once; `auto` splices where it sees fit. Resolves once it listens; the process is the caller's to end. `undefined`: it is not on PATH. */
export async function startHaproxy(
  pairs: readonly (readonly [port: number, backend: number])[],
  folder: string,
  most: number,
  splice: 'auto' | 'always',
): Promise<ChildProcess | undefined> {
  if (spawnSync('sh', ['-c', 'command -v haproxy']).status !== 0) return undefined;
  const file = join(folder, `haproxy-${splice}.cfg`);
  writeFileSync(file, `${head(most)}${SPLICE[splice]}${pairs.map(section).join('')}`);
  // Not with a master and a worker: the one process is the one that is measured.
  const child = spawn('haproxy', ['-db', '-q', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] });
  for (let left = 100; left > 0; left--) {
    if (await listens(pairs[0]?.[0] ?? 0)) return child;
    await sleep(50);
  }
  child.kill('SIGKILL');
  throw new Error('haproxy does not listen');
}

const PIPES = 256;

const SPLICE = {
  auto: '  option splice-auto\n',
  always: '  option splice-request\n  option splice-response\n',
} as const;

function head(most: number): string {
  return `global
  nbthread 1
  maxconn ${most}
  maxpipes ${PIPES}
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
`;
}

function section([port, backend]: readonly [number, number]): string {
  return `listen p${port}\n  bind 127.0.0.1:${port}\n  server s 127.0.0.1:${backend}\n`;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
