/** What the kernel counted: only the first packet of a connection passes table nat, so a packet is a connection. */
import type { Exec } from '../../../host/exec.ts';
import { LineReader } from '../../../host/lineReader.ts';
import type { Tools } from './tools.ts';

const TIMEOUT_MS = 60_000;

export interface PacketCounts {
  /** Connections sent to an endpoint, by its chain; those that have none are left out. */
  readonly endpoints: ReadonlyMap<string, number>;
  /** Packets that connection tracking calls INVALID, dropped. */
  readonly invalid: number;
}

/** `[12:720] -A KUBE-SEP-… -j DNAT …` */
const ENDPOINT = /^\[(\d+):\d+\] -A (KUBE-SEP-\S+) .*-j DNAT /;
const INVALID = /^\[(\d+):\d+\] -A KUBE-FORWARD .*--ctstate INVALID .*-j DROP/;

/** `undefined` when they cannot be read. */
export async function readPacketCounts(exec: Exec, { save }: Tools): Promise<PacketCounts | undefined> {
  const endpoints = new Map<string, number>();
  let invalid = 0;
  const lines = new LineReader((line) => {
    // Most rules of a large cluster are never met; a pattern for each would cost more than all the rest.
    if (line.startsWith('[0:') || !line.startsWith('[')) return;
    const [, packets, chain = ''] = ENDPOINT.exec(line) ?? [];
    if (packets === undefined) invalid += Number(INVALID.exec(line)?.[1] ?? 0);
    else endpoints.set(chain, (endpoints.get(chain) ?? 0) + Number(packets));
  });
  for (const table of ['nat', 'filter']) {
    const options = { timeoutMs: TIMEOUT_MS, onStdout: (piece: string) => lines.push(piece) };
    const { code } = await exec.run([save, '-c', '-t', table], options);
    if (code !== 0) return undefined;
  }
  return { endpoints, invalid };
}
