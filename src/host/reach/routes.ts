/** By which interface packets leave for an address, as the kernel would send them. */
import { canonicalIP } from '../../net/ip.ts';
import type { Exec } from '../exec.ts';

const TIMEOUT_MS = 5_000;

/** By canonical address; those without a route are left out, and all where `ip` cannot be run. One process for all. */
export async function routesTo(
  exec: Exec,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const stdin = addresses.map((address) => `route get ${address}\n`).join('');
  // `-force`: one without a route must not end it.
  const { stdout } = await exec.run(['ip', '-json', '-force', '-batch', '-'], {
    stdin,
    timeoutMs: TIMEOUT_MS,
  });
  return new Map(stdout.split('\n').flatMap(readRoute));
}

/** `[{"dst":"10.0.0.1","dev":"eth0",…}]`, one such line for each address that has a route. */
function readRoute(line: string): readonly (readonly [string, string])[] {
  const address = canonicalIP(/"dst":"([^"]+)"/.exec(line)?.[1] ?? '');
  const device = /"dev":"([^"]+)"/.exec(line)?.[1];
  return address === undefined || device === undefined ? [] : [[address, device]];
}
