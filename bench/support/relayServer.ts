/**
 * Our relay in a process of its own: `relayServer.ts thread|node PORT=BACKEND...`, on loopback. Prints a line once it
 * listens.
 */
import { dieWithParent } from './libc.ts';
import { openRelay } from './openRelay.ts';

dieWithParent();
const [way, ...pairs] = process.argv.slice(2);
await openRelay(way === 'node' ? 'node' : 'thread', pairs);
process.stdout.write('listening\n');
setInterval(() => undefined, 60_000);
