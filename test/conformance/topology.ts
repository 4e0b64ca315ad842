/**
 * Endpoints that EndpointSlices hint at. kube-proxy's own tests have no such rows; these follow its rule: hints count
 * when every ready endpoint has them and one of them is for us, those of nodes before those of zones.
 */
import { NODE } from '../proxy/cluster.ts';
import { flow, type FlowGroup, type Hinted } from './flow.ts';

const HERE: Hinted = { nodes: [NODE], zones: ['zone-a'] };
const SAME_ZONE: Hinted = { nodes: ['elsewhere'], zones: ['zone-a'] };
const OTHER_ZONE: Hinted = { nodes: ['elsewhere'], zones: ['zone-b'] };
const zones = (...names: readonly string[]): Hinted => ({ zones: names });

export const TOPOLOGY: FlowGroup = {
  id: 'T',
  about: 'topology hints',
  services: {
    'prefer-same-zone': {
      outside: ['VIP'],
      endpoints: {
        'local-1': zones('zone-a'),
        'remote-1': zones('zone-b'),
        'remote-2': zones('zone-b', 'zone-a'),
      },
    },
    'one-without-hints': { endpoints: { 'local-1': zones('zone-a'), 'remote-1': 'ready' } },
    'none-for-our-zone': { endpoints: { 'local-1': zones('zone-b'), 'remote-1': zones('zone-c') } },
    'prefer-same-node': { endpoints: { 'local-1': HERE, 'remote-1': SAME_ZONE, 'remote-2': OTHER_ZONE } },
    'none-on-our-node': { endpoints: { 'remote-1': SAME_ZONE, 'remote-2': OTHER_ZONE } },
    'external-local': {
      outside: ['VIP'],
      external: 'Local',
      endpoints: { 'local-1': zones('zone-b'), 'local-2': zones('zone-b'), 'remote-1': zones('zone-a') },
    },
    'internal-local': {
      internal: 'Local',
      endpoints: { 'local-1': zones('zone-b'), 'remote-1': zones('zone-a') },
    },
    'one-terminating': {
      endpoints: { 'local-1': zones('zone-a'), 'remote-1': { condition: 'terminating' } },
    },
    'all-terminating': {
      endpoints: {
        'local-1': { condition: 'terminating', ...zones('zone-a') },
        'remote-1': { condition: 'terminating', ...zones('zone-b') },
      },
    },
  },
  flows: [
    flow('pod', 'prefer-same-zone', 'clusterIP', 'local-1 remote-2'),
    flow('external', 'prefer-same-zone', 'VIP', 'local-1 remote-2 m'),
    flow('pod', 'one-without-hints', 'clusterIP', 'local-1 remote-1'),
    flow('pod', 'none-for-our-zone', 'clusterIP', 'local-1 remote-1'),
    flow('pod', 'prefer-same-node', 'clusterIP', 'local-1'),
    flow('pod', 'none-on-our-node', 'clusterIP', 'remote-1'),
    flow('pod', 'external-local', 'clusterIP', 'remote-1'),
    flow('pod', 'external-local', 'VIP', 'remote-1'),
    flow('external', 'external-local', 'VIP', 'local-1 local-2'),
    flow('pod', 'internal-local', 'clusterIP', 'local-1'),
    flow('pod', 'one-terminating', 'clusterIP', 'local-1'),
    flow('pod', 'all-terminating', 'clusterIP', 'local-1 remote-1'),
  ],
};
