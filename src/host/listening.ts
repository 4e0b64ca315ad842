/** Who listens on which port in this network namespace, as /proc tells it. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { canonicalIP } from '../net/ip.ts';

export interface ListeningSocket {
  readonly protocol: 'TCP' | 'UDP';
  /** Canonical; `0.0.0.0` and `::` are all addresses. */
  readonly address: string;
  readonly port: number;
  /** Name of the program; empty where it is another namespace's, or not ours to see. */
  readonly program: string;
}

const TABLES = [
  ['TCP', '/proc/net/tcp'],
  ['TCP', '/proc/net/tcp6'],
  ['UDP', '/proc/net/udp'],
  ['UDP', '/proc/net/udp6'],
] as const;

/** TCP_LISTEN and TCP_CLOSE of include/net/tcp_states.h; an unconnected UDP socket is in the latter. */
const STATES = { TCP: '0A', UDP: '07' } as const;

/** Sockets on these ports. Rejects where /proc cannot be read. */
export async function listeningOn(ports: ReadonlySet<number>): Promise<readonly ListeningSocket[]> {
  const sockets: (Omit<ListeningSocket, 'program'> & { readonly inode: string })[] = [];
  for (const [protocol, file] of TABLES) {
    // A kernel without IPv6 has no tables of it.
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (file.endsWith('6')) return '';
      throw error;
    });
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      const [hex = '', port = ''] = local.split(':');
      const number = Number.parseInt(port, 16);
      if (state !== STATES[protocol] || !ports.has(number)) continue;
      sockets.push({ protocol, address: addressOf(hex), port: number, inode });
    }
  }
  const programs = await programsOf(new Set(sockets.map(({ inode }) => inode)));
  return sockets.map(({ inode, ...socket }) => ({ ...socket, program: programs.get(inode) ?? '' }));
}

/** The kernel prints words of 32 bits in the machine's own order, and every machine that we run on is little-endian. */
function addressOf(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).toReversed());
  const text =
    bytes.length === 4
      ? bytes.map((byte) => Number.parseInt(byte, 16)).join('.')
      : (bytes.join('').match(/.{4}/g) ?? []).join(':');
  return canonicalIP(text) ?? text;
}

/** Names of programs by the inode of a socket of theirs. Processes that end meanwhile are passed over. */
async function programsOf(inodes: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  if (inodes.size === 0) return found;
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode === undefined || !inodes.has(inode)) continue;
      found.set(inode, (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim());
    }
  }
  return found;
}
