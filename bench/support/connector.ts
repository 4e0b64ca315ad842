/**
 * Makes new connections as fast as one thread can. Reads lines `ADDRESS PORT MILLISECONDS`, and answers each with
 * `MADE FAILED CPUSECONDS`. On veth the handshake runs within the call of connect(2): one at a time keeps a core busy.
 */
import { createInterface } from 'node:readline';
import { connectOnce, socketAddress } from './libc.ts';

/** Between two looks at the clock. */
const BURST = 16;

for await (const line of createInterface({ input: process.stdin })) {
  const [address = '', port, milliseconds] = line.split(' ');
  const to = socketAddress(address, Number(port));
  let made = 0;
  let failed = 0;
  const cpu = process.cpuUsage();
  const started = performance.now();
  while (performance.now() - started < Number(milliseconds)) {
    for (let i = 0; i < BURST; i++) {
      if (connectOnce(to)) made++;
      else failed++;
    }
  }
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(`${made} ${failed} ${(user + system) / 1e6}\n`);
}
