/** The relay of this machine: TCP by a thread that splices where it can be had, UDP by Node. */
import { openFilesLimit } from '../../../host/openFiles.ts';
import { loadTcpCalls } from '../../../host/tcp/tcpCalls.ts';
import { startThread } from '../../../host/thread.ts';
import { programFile } from '../../../host/programFile.ts';
import { loadDescriptors } from '../../../host/udp/descriptors.ts';
import type { Log } from '../../../telemetry/log.ts';
import { createNodeRelay } from '../nodeRelay.ts';
import type { Relay } from '../relay.ts';
import type { UdpHost } from '../udp/udpListener.ts';
import { SplicedRelay, type SpliceSystem, type SplicedRelayOptions } from './splicedRelay.ts';

/** The kernel's own bound, unless somebody raised it (fs.nr_open). */
const MOST_FILES = 1 << 20;

export interface RelayHost extends UdpHost {
  readonly log: Log;
}

/** @param ways for tests */
export function createRelay(
  host: RelayHost,
  ways: Partial<Pick<SplicedRelayOptions, 'file' | 'start' | 'load'>> = {},
): Relay {
  const { budget, clock, log } = host;
  return new SplicedRelay({
    other: createNodeRelay(host),
    file: programFile(import.meta.url, './thread.ts', 'relayThread.cjs'),
    start: startThread,
    load: loadSystem,
    budget,
    clock,
    log,
    ...ways,
  });
}

async function loadSystem(): Promise<SpliceSystem> {
  const [calls, descriptors, files] = await Promise.all([
    loadTcpCalls(),
    loadDescriptors(),
    openFilesLimit(),
  ]);
  return { calls, descriptors, mostFiles: Math.min(MOST_FILES, files) };
}
