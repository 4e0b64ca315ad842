/** The new agent's side of a succession. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import type { Duplex } from 'node:stream';
import { type DescriptorPass, type Inlet, loadDescriptorPass } from '../../host/descriptorPass.ts';
import type { InheritedSockets } from '../../host/inheritedSockets.ts';
import { LineReader } from '../../host/lineReader.ts';
import { loadSharedSystem, type SharedSystem } from '../../host/udp/sharedSocket.ts';
import { type Handed, READY, SUCCESSION_PATH, SUCCESSION_PROTOCOL } from './protocol.ts';

/** What it takes the other agent to end its relays, and more. */
const LIMIT_MS = 30_000;

export interface Succession {
  /** Sockets that were handed over. */
  readonly sockets: number;
  /** Tells the other agent that names are answered here, and lets go of those of its sockets that were not taken. */
  ready(): void;
}

interface Native {
  readonly pass: DescriptorPass;
  readonly system: SharedSystem;
}

/**
 * Takes over from the agent on this control socket; gives nothing when none is there, or one that knows nothing of it.
 * @throws Error when it will not now, or ends before it has said what it hands over
 */
export async function takeOver(
  socketPath: string,
  inherited: InheritedSockets,
): Promise<Succession | undefined> {
  const native = await loadNative();
  // In a folder that only root may enter: whoever could send sockets here could answer names.
  const name = `.taking-${randomBytes(4).toString('hex')}`;
  const inlet = native && openInlet(native.pass, join(dirname(socketPath), name));
  try {
    // Without an inlet the other agent finds nobody to lend its sockets to, and closes them before we open ours.
    const socket = await upgrade(socketPath, `${SUCCESSION_PATH}?to=${name}`);
    if (socket === undefined) return undefined;
    const { sockets } = await handedOn(socket);
    const fds = inlet?.receive() ?? [];
    if (native !== undefined) {
      inherited.add(
        native.system,
        sockets.flatMap((one, i) => (fds[i] === undefined ? [] : [{ ...one, fd: fds[i] }])),
      );
    }
    return {
      sockets: sockets.length,
      ready: () => {
        inherited.close();
        socket.write(`${READY}\n`);
      },
    };
  } finally {
    inlet?.close();
  }
}

/** `undefined` where there is no native module for this machine. */
async function loadNative(): Promise<Native | undefined> {
  try {
    const [pass, system] = await Promise.all([loadDescriptorPass(), loadSharedSystem()]);
    return { pass, system };
  } catch {
    return undefined;
  }
}

/** `undefined` where there is no folder, and so no agent. */
function openInlet(pass: DescriptorPass, path: string): Inlet | undefined {
  try {
    return pass.open(path);
  } catch {
    return undefined;
  }
}

/** `undefined` when nobody answers, or by somebody who has never heard of it. */
function upgrade(socketPath: string, path: string): Promise<Duplex | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { connection: 'Upgrade', upgrade: SUCCESSION_PROTOCOL };
    const asking = request({ socketPath, path, headers });
    asking.on('upgrade', (_response, socket, head) => {
      // What came with the answer's own last packet.
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    asking.on('response', (response) => {
      if (response.statusCode !== 409) {
        response.resume();
        return resolve(undefined);
      }
      let refusal = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        refusal += piece;
      });
      response.on('end', () => reject(new Error(`cannot take over from the agent that runs: ${refusal}`)));
    });
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}

function handedOn(socket: Duplex): Promise<Handed> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new Error(`cannot take over: the other agent ${why}`));
    };
    const timer = setTimeout(() => fail('did not hand over in time'), LIMIT_MS);
    const lines = new LineReader((line) => {
      clearTimeout(timer);
      socket.removeAllListeners('close');
      const handed: Handed = JSON.parse(line);
      resolve(handed);
    });
    // Later ones, of an agent that has ended as it should: nothing is to be done.
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('close', () => fail('ended'));
    socket.on('data', (piece: Buffer) => lines.push(piece.toString('utf8')));
  });
}
