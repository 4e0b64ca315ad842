/** Our relay over loopback, as the agent makes it. */
import { systemClock } from '../../src/host/clock.ts';
import { dgramIo } from '../../src/host/udp/dgramUdp.ts';
import { Budget } from '../../src/proxy/userspace/budget.ts';
import { createNodeRelay } from '../../src/proxy/userspace/nodeRelay.ts';
import { createRelay } from '../../src/proxy/userspace/splice/createRelay.ts';
import { QUIET_LOG } from '../../src/telemetry/quietLog.ts';

/** @param pairs `PORT=BACKEND`, ports of loopback */
export async function openRelay(way: 'thread' | 'node', pairs: readonly string[]): Promise<void> {
  const warn = (fields: object, message: string): void => {
    process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
  };
  const log = { ...QUIET_LOG, warn, error: warn };
  const host = {
    random: Math.random,
    now: () => systemClock.monotonic(),
    clock: systemClock,
    budget: new Budget({ limit: 50_000, clock: systemClock, log }),
    udp: dgramIo,
    udpIdleMs: 60_000,
    log,
  };
  const relay = way === 'node' ? createNodeRelay(host) : createRelay(host);
  for (const pair of pairs) {
    const [port = 0, backend = 0] = pair.split('=').map(Number);
    const endpoint = { address: '127.0.0.1', port: backend, text: `127.0.0.1:${backend}` };
    await relay.listen(
      { protocol: 'TCP', address: '127.0.0.1', port },
      { name: 'bench/web:http', endpoints: [endpoint], affinitySeconds: 0, proxyProtocol: false },
    );
  }
}
