/** Takes connections and closes them, until it is killed: `acceptor.ts PORT`. Prints a line once it listens. */
import { acceptOnce, dieWithParent, listenOn } from './libc.ts';

dieWithParent();
const listener = listenOn(Number(process.argv[2]));
process.stdout.write('listening\n');
for (;;) acceptOnce(listener);
