/** A node of `agentWorld.ts` with an API server that can be reached, or not. */
import { systemExec } from '../../src/host/exec.ts';
import type { ApiServer } from '../../src/playground/apiserver/apiServer.ts';
import { mustRun } from '../../src/playground/network/netns.ts';
import type { World } from './agentWorld.ts';

/**
 * The API server lives in the sandbox's own namespace, at this address, which ends in 1 and which no other file may
 * use at the same time. A wire joins it to the node.
 */
export async function wire(world: Pick<World, 'net' | 'node'>, host: string): Promise<void> {
  const device = `api${host}`;
  const ends = [device, 'type', 'veth', 'peer', 'name', 'api', 'netns', world.node.name];
  await mustRun(systemExec, ['ip', 'link', 'add', ...ends]);
  world.net.atEnd(async () => {
    await systemExec.run(['ip', 'link', 'delete', device]);
  });
  await mustRun(systemExec, ['ip', 'address', 'add', `${host}/24`, 'dev', device]);
  await mustRun(systemExec, ['ip', 'link', 'set', device, 'up']);
  await world.net.ip(world.node, `address add ${host.replace(/1$/, '2')}/24 dev api`, 'link set api up');
}

/** Creates these objects; kube-system is there. */
export function fill(api: ApiServer, objects: readonly object[]): void {
  const plurals: Readonly<Record<string, string>> = {
    Namespace: 'namespaces',
    Node: 'nodes',
    Service: 'services',
    EndpointSlice: 'endpointslices',
  };
  for (const object of objects as readonly { readonly kind: string; readonly metadata: { name: string } }[]) {
    if (object.kind === 'Namespace' && object.metadata.name === 'kube-system') continue;
    api.create(plurals[object.kind] ?? '', { ...object });
  }
}
