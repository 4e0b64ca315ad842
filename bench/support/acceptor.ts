/** Takes connections and closes them, until it is killed: `acceptor.ts PORT`. Prints a line once it listens. */
import { acceptOnce, listenOn } from './libc.ts';

const listener = listenOn(Number(process.argv[2]));
process.stdout.write('listening\n');
for (;;) acceptOnce(listener);
