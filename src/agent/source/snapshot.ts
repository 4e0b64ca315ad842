/** What the agent keeps of the cluster for its successor, and has from its predecessor. */
import type { Settings } from '../../config/settings.ts';
import { bootId } from '../../host/bootId.ts';
import type { Clock } from '../../host/clock.ts';
import { stateFolder } from '../../host/stateFolder.ts';
import { clusterOf } from '../../kube/auth/cluster.ts';
import type { SnapshotOwner } from '../../snapshot/head.ts';
import { type KeeperState, SnapshotKeeper } from '../../snapshot/keeper.ts';
import { readSnapshot } from '../../snapshot/read.ts';
import { type InUse, RestoringSource } from '../../snapshot/restoringSource.ts';
import type { Log } from '../../telemetry/log.ts';
import type { OpenedSource } from './sources.ts';

export interface OpenedSnapshot {
  readonly source: RestoringSource;
  readonly keeper: SnapshotKeeper;
}

/** For `status` and metrics. */
export interface SnapshotView {
  readonly inUse: InUse | undefined;
  readonly kept: KeeperState;
}

/** `undefined` where there is nothing to remember: files can be read again, and one run must tell the truth. */
export function openSnapshot(
  { stateDir, nodeName, once }: Pick<Settings, 'stateDir' | 'nodeName' | 'once'>,
  { source, connection }: OpenedSource,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): OpenedSnapshot | undefined {
  if (connection === undefined || stateDir === '' || once) return undefined;
  const folder = stateFolder(stateDir);
  const owner = async (): Promise<SnapshotOwner> => ({
    cluster: await clusterOf(connection),
    node: nodeName,
    boot: await bootId(),
  });
  const read = async (): ReturnType<typeof readSnapshot> => readSnapshot(folder, await owner(), clock.now());
  return {
    source: new RestoringSource({ source, read, clock, log }),
    keeper: new SnapshotKeeper({
      folder,
      owner,
      isCurrent: () => source.state().every(({ error }) => error === ''),
      clock,
      log,
    }),
  };
}

export function viewOf({ source, keeper }: OpenedSnapshot): SnapshotView {
  return { inUse: source.inUse, kept: keeper.state };
}
