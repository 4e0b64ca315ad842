/** Knot DNS on loopback with the records of a model, to be asked what our server is asked. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Frames, frame } from '../../../src/dns/wire/frames.ts';
import type { ZoneModel } from '../model/zoneModel.ts';

export const ZONES = ['cluster.local', 'in-addr.arpa', 'ip6.arpa'] as const;
const TRIES = 200;
const POD = '10-1-0-1';

export function hasKnot(): boolean {
  return spawnSync('sh', ['-c', 'command -v knotd']).status === 0;
}

export class Knot {
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #socket: Socket;
  readonly #frames = new Frames();

  private constructor(process: ChildProcess, folder: string, socket: Socket) {
    this.#process = process;
    this.#folder = folder;
    this.#socket = socket;
  }

  /** @throws Error when it does not come up */
  static async start(model: ZoneModel): Promise<Knot> {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-knot-'));
    const port = await freePort();
    for (const zone of ZONES) writeFileSync(join(folder, `${zone}.zone`), zoneText(model, zone));
    writeFileSync(join(folder, 'knot.conf'), config(port, folder));
    const child = spawn('knotd', ['-c', join(folder, 'knot.conf')], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    for (let left = TRIES; left > 0; left--) {
      const socket = await connected(port);
      if (socket !== undefined) return new Knot(child, folder, socket);
      await sleep(50);
    }
    child.kill('SIGKILL');
    throw new Error('knotd does not answer');
  }

  async ask(query: Uint8Array): Promise<Buffer> {
    this.#socket.write(frame(query));
    for (;;) {
      const reply = this.#frames.next();
      if (reply !== undefined) return Buffer.from(reply);
      const [chunk] = (await once(this.#socket, 'data')) as [Buffer];
      this.#frames.push(chunk);
    }
  }

  async stop(): Promise<void> {
    this.#socket.destroy();
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
    rmSync(this.#folder, { recursive: true });
  }
}

/** A name without records is made to exist by one of a type that is not asked for. */
function zoneText(model: ZoneModel, zone: string): string {
  const lines = model.names
    .filter((name) => name === zone || name.endsWith(`.${zone}`))
    .flatMap((name) => {
      const records = model.lines(name);
      // Pods' names are spelled out by the question. A zone file holds the one that Services of the model lead to.
      if (/^[^.]+\.pod\.cluster\.local$/.test(name))
        return [`${name}. 5 TXT "exists"`, `${POD}.${name}. 5 A 10.1.0.1`];
      return (records.length === 0 ? ['5 TXT "exists"'] : records).map((record) => `${name}. ${record}`);
    });
  const soa = `ns.dns.${zone}. hostmaster.${zone}. 1 7200 1800 86400 5`;
  return lines.map((line) => `${line.replace('SOA …', `SOA ${soa}`)}\n`).join('');
}

function config(port: number, folder: string): string {
  return `server:
  listen: 127.0.0.1@${port}
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
  rundir: ${folder}
  tcp-idle-timeout: 600
database:
  storage: ${folder}
log:
  - target: stderr
    any: error
zone:
${ZONES.map((zone) => `  - domain: ${zone}\n    storage: ${folder}\n    file: ${zone}.zone\n`).join('')}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function connected(port: number): Promise<Socket | undefined> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}
