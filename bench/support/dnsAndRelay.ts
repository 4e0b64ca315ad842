/**
 * A DNS server and a relay in one process, as the agent is: `dnsAndRelay.ts PORT SERVICES ENDPOINTS threads
 * PORT=BACKEND...`. Prints a line once both are there, behind the one of dnsServer.ts.
 */
import './dnsServer.ts';
import { openRelay } from './openRelay.ts';

await openRelay('thread', process.argv.slice(6));
process.stdout.write('listening\n');
