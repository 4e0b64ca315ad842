/** The flow table through the `conntrack` program, where netlink cannot be spoken: right, and slow. */
import type { Exec } from '../../host/exec.ts';
import { canonicalIP, type Family } from '../../net/ip.ts';
import { LineReader } from '../../host/lineReader.ts';
import type { Deletion, Flow, FlowProtocol, FlowTable } from './flowTable.ts';

/** Reading a table of a million flows takes some seconds, and so does each deletion, which reads it again. */
const TIMEOUT_MS = 60_000;

/** One line of `conntrack -L`: the addresses and ports of both directions, in this order. */
interface Entry extends Flow {
  readonly source: string;
  readonly sourcePort: number;
}

export class ProgramFlowTable implements FlowTable {
  readonly #exec: Exec;

  constructor(exec: Exec) {
    this.#exec = exec;
  }

  async deleteFlows(
    family: Family,
    protocol: FlowProtocol,
    stale: (flow: Flow) => boolean,
  ): Promise<Deletion> {
    const found: Entry[] = [];
    const lines = new LineReader((line) => {
      const entry = parseEntry(line);
      if (entry !== undefined && stale(entry)) found.push(entry);
    });
    const onStdout = (piece: string): void => lines.push(piece);
    const listed = await this.#exec.run(['conntrack', '-L', ...only(family, protocol)], {
      onStdout,
      timeoutMs: TIMEOUT_MS,
    });
    if (listed.code !== 0) throw new Error(complaint(listed.stderr));
    let deleted = 0;
    let refused = '';
    for (const entry of found) {
      const argv = ['-D', ...only(family, protocol), ...identity(entry)];
      const { code, stderr } = await this.#exec.run(['conntrack', ...argv], { timeoutMs: TIMEOUT_MS });
      if (code === 0) deleted += 1;
      // It also exits with 1 when the flow has gone by itself, which is as it should be.
      else if (!stderr.includes('0 flow entries have been deleted')) refused = complaint(stderr);
    }
    return { deleted, refused };
  }
}

function only(family: Family, protocol: FlowProtocol): readonly string[] {
  return ['-f', family === 'IPv4' ? 'ipv4' : 'ipv6', '-p', protocol.toLowerCase()];
}

function identity(entry: Entry): readonly string[] {
  return Object.entries({
    '--orig-src': entry.source,
    '--orig-dst': entry.destination,
    '--orig-port-src': entry.sourcePort,
    '--orig-port-dst': entry.destinationPort,
    '--reply-src': entry.replySource,
    '--reply-port-src': entry.replySourcePort,
  }).flatMap(([option, value]) => [option, String(value)]);
}

const DIRECTIONS = /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) .*?src=(\S+) dst=\S+ sport=(\d+)/;

/** `undefined` when it is none of the node's own: a conntrack zone belongs to another program. */
function parseEntry(line: string): Entry | undefined {
  const match = DIRECTIONS.exec(line);
  if (match === null || line.includes(' zone=')) return undefined;
  const [, source = '', destination = '', sourcePort, destinationPort, replySource = '', replyPort] = match;
  return {
    source,
    sourcePort: Number(sourcePort),
    destination: canonicalIP(destination) ?? destination,
    destinationPort: Number(destinationPort),
    replySource: canonicalIP(replySource) ?? replySource,
    replySourcePort: Number(replyPort),
    answered: !line.includes('[UNREPLIED]'),
  };
}

/** Without `conntrack v1.4.7 (conntrack-tools): `, which says nothing. */
function complaint(stderr: string): string {
  return stderr.trim().replace(/^conntrack v\S+ \(conntrack-tools\)/, 'conntrack');
}
