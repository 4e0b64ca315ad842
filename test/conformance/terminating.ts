/** F9 and F10: endpoints on their way out, under both external policies. */
import { flow, type FlowGroup, type FlowService } from './flow.ts';

/** What is met at the clusterIP from a pod, at the VIP from outside. */
function terminating(
  id: string,
  external: Pick<FlowService, 'external'>,
  cases: readonly (readonly [
    name: string,
    endpoints: FlowService['endpoints'],
    clusterIP: string,
    VIP: string,
  ])[],
): FlowGroup {
  return {
    id,
    about: `terminating endpoints, externalTrafficPolicy ${external.external ?? 'Cluster'}`,
    services: Object.fromEntries(
      cases.map(([name, endpoints]) => [name, { outside: ['VIP'], ...external, endpoints }]),
    ),
    flows: cases.flatMap(([name, , clusterIP, VIP]) => [
      flow('pod', name, 'clusterIP', clusterIP),
      flow('external', name, 'VIP', VIP),
    ]),
  };
}

export const TERMINATING: readonly FlowGroup[] = [
  terminating('F9', { external: 'Local' }, [
    [
      'ready-exist',
      { 'local-1': 'ready', 'local-2': 'terminating', 'local-3': 'gone', 'remote-1': 'ready' },
      'local-1 remote-1',
      'local-1',
    ],
    [
      'terminating-here',
      { 'local-1': 'terminating', 'local-2': 'terminating', 'local-3': 'gone', 'remote-1': 'ready' },
      'remote-1',
      'local-1 local-2',
    ],
    ['terminating-elsewhere', { 'remote-1': 'terminating', 'remote-2': 'gone' }, 'remote-1', 'DROP'],
    ['none-serves', { 'local-1': 'gone', 'remote-1': 'gone' }, 'REJECT', 'REJECT'],
    ['deleted', {}, 'REJECT', 'REJECT'],
  ]),
  terminating('F10', {}, [
    [
      'ready-exist',
      { 'local-1': 'ready', 'local-2': 'terminating', 'local-3': 'gone', 'remote-1': 'ready' },
      'local-1 remote-1',
      'local-1 remote-1 m',
    ],
    [
      'none-ready',
      { 'local-1': 'terminating', 'local-3': 'gone', 'remote-1': 'terminating' },
      'local-1 remote-1',
      'local-1 remote-1 m',
    ],
    ['terminating-elsewhere', { 'remote-1': 'terminating', 'remote-2': 'gone' }, 'remote-1', 'remote-1 m'],
    ['none-serves', { 'local-1': 'gone', 'remote-1': 'gone' }, 'REJECT', 'REJECT'],
    ['deleted', {}, 'REJECT', 'REJECT'],
  ]),
];
