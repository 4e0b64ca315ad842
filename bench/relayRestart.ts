/**
 * How long a Service is refused when the agent of its node is killed: from SIGKILL, with a successor started in the
 * same moment, to the first answer. In userspace mode, with an API server and without one, and in mode iptables.
 *
 *     node bench/relayRestart.ts [ROUNDS [SERVICES...]]
 *
 * Runs itself in namespaces of its own. A client asks again 5 ms after each failure; the agent is the bundle.
 */
import { createServer, get } from 'node:http';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCluster } from '../test/support/cluster.ts';
import {
  cleanUp,
  killed,
  makeCredentials,
  ready,
  run,
  startAgent,
  startApiServer,
} from './support/agentProcess.ts';
import { enterOwnNamespaces } from './support/ownNamespaces.ts';
import { quantile } from './support/proxy.ts';

const ENDPOINTS = 2;
const NODE = '192.168.0.1';
const SERVICE = '10.96.0.1';
const AGAIN_MS = 5;
const LIMIT_MS = 60_000;
/** The snapshot is written a second after a change. */
const KEPT_MS = 3_000;

enterOwnNamespaces(import.meta.filename);

const [rounds = 5, ...given] = process.argv.slice(2).map(Number);
const sizes = given.length > 0 ? given : [2, 1000];
makeCredentials();
const { slices } = makeCluster({ services: 1, endpointsPerService: ENDPOINTS, namespaces: 1, nodes: 1 });
for (const address of [NODE, ...slices.flatMap(({ endpoints }) => endpoints.map((one) => one.address))]) {
  run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo');
}
// A way for clusterIPs, before any rule makes something else of them.
run('ip', 'route', 'add', '10.96.0.0/16', 'dev', 'lo', 'src', NODE);
const pod = createServer((_, response) => response.end('served'));
pod.listen(8080, '0.0.0.0');
await once(pod, 'listening');

for (const services of sizes) {
  for (const mode of ['userspace', 'iptables'] as const) await measure(services, mode);
}
process.exit();

async function measure(services: number, mode: 'userspace' | 'iptables'): Promise<void> {
  const report = (what: string, times: readonly number[]): void => {
    const name = `killed, ${services} Services, ${mode}${what}: first answer after`;
    const [median, most] = [quantile(times, 0.5), Math.max(...times)];
    process.stdout.write(
      `${name.padEnd(72)} ${(median / 1000).toFixed(2)} s, ${(most / 1000).toFixed(2)} s at most\n`,
    );
  };
  const flags = ['--mode', mode, '--log-level', 'error'];
  const server = await startApiServer(services, ENDPOINTS);
  let agent = startAgent(...flags);
  await ready();
  await sleep(KEPT_MS);
  for (const away of [false, true]) {
    if (away) await killed(server);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      await firstAnswer();
      const began = performance.now();
      const gone = killed(agent);
      agent = startAgent(...flags);
      await gone;
      await firstAnswer();
      times.push(performance.now() - began);
      await ready();
    }
    report(away ? ', API server away' : '', times);
  }
  agent.kill('SIGTERM');
  await once(agent, 'exit');
  cleanUp();
}

async function firstAnswer(): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!(await isServed())) {
    if (performance.now() > limit) throw new Error(`${SERVICE} was not served for ${LIMIT_MS / 1000} s`);
    await sleep(AGAIN_MS);
  }
}

function isServed(): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = get({ host: SERVICE, port: 80, agent: false, timeout: 500 }, (response) => {
      response.resume().on('end', () => resolve(true));
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(false));
  });
}
