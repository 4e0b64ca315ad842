/** F11: who is masqueraded on the way to what, under each setting that decides on it. */
import type { Client, Flow, FlowGroup, FlowService, FlowSettings, Way } from './flow.ts';

const ENDPOINTS = { 'local-1': 'ready', 'remote-1': 'ready' } as const;
const OUTSIDE = ['nodePort', 'VIP'] as const;

const SERVICES: Readonly<Record<string, FlowService>> = {
  plain: { outside: OUTSIDE, endpoints: ENDPOINTS },
  'external-local': { outside: OUTSIDE, external: 'Local', endpoints: ENDPOINTS },
  'internal-local': { outside: OUTSIDE, internal: 'Local', endpoints: ENDPOINTS },
};

const all = 'local-1 remote-1';
const allM = `${all} m`;
const local = 'local-1';
const localM = `${local} m`;

/** `column` of the rows that holds. */
const CONFIGS: readonly (readonly [about: string, settings: FlowSettings, column: 0 | 1 | 2 | 3])[] = [
  ['by source, as by default', {}, 0],
  ['when pods are not told from others', { detectLocal: false }, 1],
  ['masqueradeAll', { masqueradeAll: true }, 2],
  ['masqueradeAll, when pods are not told from others', { masqueradeAll: true, detectLocal: false }, 3],
  ["by source, in the Node's ranges", { detectLocal: 'NodeCIDR' }, 0],
  ["by the pods' bridge", { detectLocal: 'BridgeInterface' }, 0],
  ["by how the names of pods' interfaces start", { detectLocal: 'InterfaceNamePrefix' }, 0],
];

/** What is met under the first four of CONFIGS; one text stands for all. */
type Row = readonly [
  from: Client,
  to: string,
  by: Way,
  met: string | readonly [string, string, string, string],
];

const ROWS: readonly Row[] = [
  ['pod', 'plain', 'clusterIP', [all, all, allM, allM]],
  ['pod', 'plain', 'nodePort', allM],
  ['pod', 'plain', 'VIP', allM],
  ['node', 'plain', 'clusterIP', [allM, all, allM, allM]],
  ['node', 'plain', 'nodePort', allM],
  ['node', 'plain', 'VIP', allM],
  ['localhost', 'plain', 'nodePort', allM],
  ['external', 'plain', 'clusterIP', [allM, all, allM, allM]],
  ['external', 'plain', 'nodePort', allM],
  ['external', 'plain', 'VIP', allM],

  ['pod', 'external-local', 'clusterIP', [all, all, allM, allM]],
  ['pod', 'external-local', 'nodePort', [all, local, all, local]],
  ['pod', 'external-local', 'VIP', [all, local, all, local]],
  ['node', 'external-local', 'clusterIP', [allM, all, allM, allM]],
  ['node', 'external-local', 'nodePort', allM],
  ['node', 'external-local', 'VIP', allM],
  ['localhost', 'external-local', 'nodePort', allM],
  ['external', 'external-local', 'clusterIP', [allM, all, allM, allM]],
  ['external', 'external-local', 'nodePort', local],
  ['external', 'external-local', 'VIP', local],

  ['pod', 'internal-local', 'clusterIP', [local, local, localM, localM]],
  ['pod', 'internal-local', 'nodePort', allM],
  ['pod', 'internal-local', 'VIP', allM],
  ['node', 'internal-local', 'clusterIP', [localM, local, localM, localM]],
  ['node', 'internal-local', 'nodePort', allM],
  ['node', 'internal-local', 'VIP', allM],
  ['localhost', 'internal-local', 'nodePort', allM],
  ['external', 'internal-local', 'clusterIP', [localM, local, localM, localM]],
  ['external', 'internal-local', 'nodePort', allM],
  ['external', 'internal-local', 'VIP', allM],
];

export const MASQUERADE: readonly FlowGroup[] = CONFIGS.map(([about, settings, column]) => ({
  id: 'F11',
  about,
  settings,
  services: SERVICES,
  flows: ROWS.map(
    ([from, to, by, met]): Flow => ({
      from,
      to,
      by,
      expect: typeof met === 'string' ? met : met[column],
    }),
  ),
}));
