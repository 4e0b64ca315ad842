/** The old agent's side of a succession: gives up all but names, lends their sockets, and goes when it is told. */
import { basename, join } from 'node:path';
import type { Duplex } from 'node:stream';
import type { SocketName } from '../../host/inheritedSockets.ts';
import { LineReader } from '../../host/lineReader.ts';
import type { Log } from '../../telemetry/log.ts';
import type { Agent } from '../agent.ts';
import { type Handed, READY, SUCCESSION_PATH, SUCCESSION_PROTOCOL } from './protocol.ts';

export interface GivingParts {
  /** Of the control socket. */
  readonly folder: string;
  readonly agent: Pick<Agent, 'progress' | 'handOver' | 'stop'>;
  /** Makes room for the other's probes, metrics and control socket. */
  readonly leaveServers: () => Promise<void>;
  /** Sends the sockets that names are answered on; rejects where that cannot be done. */
  readonly lend: (path: string) => Promise<readonly SocketName[]>;
  readonly log: Log;
}

export class Giving {
  readonly #parts: GivingParts;
  readonly #begun = Promise.withResolvers<void>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #gone = Promise.withResolvers<void>();

  constructor(parts: GivingParts) {
    this.#parts = parts;
  }

  /** Resolves when another agent takes over. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** Resolves when it answers names. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Resolves when it has ended. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  /** As `OnUpgrade`. */
  upgraded(url: string, socket: Duplex): void {
    socket.on('error', () => socket.destroy());
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const refusal = this.#refusal();
    if (pathname !== SUCCESSION_PATH || refusal !== '') {
      const status = pathname === SUCCESSION_PATH ? '409 Conflict' : '404 Not Found';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n${refusal}`);
      return;
    }
    this.#begun.resolve();
    const lines = new LineReader((line) => {
      if (line === READY) this.#ready.resolve();
    });
    socket.on('data', (piece: Buffer) => lines.push(piece.toString('latin1')));
    socket.on('end', () => socket.end());
    socket.on('close', () => this.#gone.resolve());
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${SUCCESSION_PROTOCOL}\r\n\r\n`,
    );
    void this.#give(basename(searchParams.get('to') ?? '')).then((handed) => {
      socket.write(`${JSON.stringify(handed)}\n`);
    });
  }

  /** Why not now; empty when it can be. */
  #refusal(): string {
    const { opened, stopping } = this.#parts.agent.progress;
    if (stopping) return 'it hands over already, or stops';
    return opened ? '' : 'it does not answer names itself yet';
  }

  async #give(to: string): Promise<Handed> {
    const { folder, agent, leaveServers, lend, log } = this.#parts;
    await agent.handOver();
    let sockets: readonly SocketName[] = [];
    try {
      sockets = await lend(join(folder, to));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn(
        { error: reason },
        'cannot lend the sockets of DNS: no names are answered until the other agent does',
      );
      await agent.stop();
    }
    await leaveServers();
    return { sockets };
  }
}
